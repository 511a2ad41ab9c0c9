import { parseArgs } from "node:util";
import type { Command } from "../command.ts";

/** `portolan sync`: what `portolan control` does, once. */
export const syncCommand: Command = {
  summary: "read the clusters once, publish, and end: for schedulers",
  usage: `portolan sync [--config FILE]
  [--config portolan.yaml]       as for portolan control

Ends with 0 when what the clusters say is published and its DNS zones are in step or wait for a person, else with 1.`,
  async run(args, deps) {
    const { values } = parseArgs({
      args: [...args],
      options: { config: { type: "string", default: "portolan.yaml" } },
    });
    const outcome = await deps.syncOnce({ file: values.config }, deps);
    return outcome === "published" || outcome === "unchanged" ? 0 : 1;
  },
};
