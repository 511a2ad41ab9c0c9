import { parseArgs } from "node:util";
import type { Command } from "../command.ts";

/** `portolan control`: watches clusters and publishes for edges until it is stopped. */
export const controlCommand: Command = {
  summary: "watch the clusters and publish what edges need",
  usage: `portolan control [--config FILE]
  [--config portolan.yaml]       config source, store, key, listeners; docs/control.md

Watches the config source and the member clusters. Several may run on one store: one writes, the others follow.`,
  async run(args, deps) {
    const { values } = parseArgs({
      args: [...args],
      options: { config: { type: "string", default: "portolan.yaml" } },
    });
    // Listened for before the start: whoever sees the first line may signal before the next one runs.
    const stopped = deps.untilStopped();
    const control = await deps.startControl({ file: values.config }, deps);
    deps.out(`${control.banner.join("\n")}\n`);
    await stopped;
    await control.close();
    return 0;
  },
};
