import { parseArgs } from "node:util";
import type { ListenerOptions } from "../../src/cli/deps.ts";
import { LISTENER_ARGUMENTS, listenerOptions } from "../../src/cli/listener-arguments.ts";

/** A listener as the command line makes it of these arguments. */
export function listenerOf(
  args: readonly string[] = [],
  secrets = false,
  edgeKeys: readonly string[] = [],
): ListenerOptions {
  return listenerOptions(parseArgs({ args: [...args], options: LISTENER_ARGUMENTS }).values, secrets, edgeKeys);
}
