/**
 * The process of one pretended cluster: `node cluster-main.ts '{"name":…}'` with the options of `messages.ts`, an IPC
 * channel to the parent, and no end of its own: it exits when the parent disconnects.
 */
import { causeOf } from "../../core/cause.ts";
import { startSimCluster } from "./cluster.ts";
import type { FromCluster, SimClusterOptions, ToCluster } from "./messages.ts";

function tell(message: FromCluster): void {
  if (process.connected) process.send?.(message);
}

process.on("disconnect", () => process.exit(0));
// Ctrl-C reaches the whole process group; the parent decides when its clusters end.
process.on("SIGINT", () => {});

try {
  const cluster = await startSimCluster(JSON.parse(process.argv[2] ?? "null") as SimClusterOptions);
  process.on("message", (command: ToCluster) => {
    if (command.type === "partition-api") cluster.api.partition(command.on);
    else cluster.setTrouble(command.trouble);
    tell({ type: "done", id: command.id });
  });
  tell({ type: "ready", ...cluster.addresses });
} catch (cause) {
  tell({ type: "failed", message: causeOf(cause) });
  process.exitCode = 1;
  process.disconnect?.();
}
