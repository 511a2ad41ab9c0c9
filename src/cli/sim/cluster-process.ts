import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type {
  ClusterCommand,
  FromCluster,
  SimClusterAddresses,
  SimClusterOptions,
  ToCluster,
  Trouble,
} from "./messages.ts";

/** A pretended cluster in a process of its own. */
export interface SimClusterProcess {
  readonly name: string;
  readonly pid: number;
  readonly addresses: SimClusterAddresses;
  /** Cuts the API server off or heals it; backends go on. Resolves when it is done. */
  partitionApi(on: boolean): Promise<void>;
  /** What its backends do from now on. Resolves when they do. */
  setTrouble(trouble: Trouble): Promise<void>;
  /** Ends everything at once, API and backends, as when a whole region fails. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<void>;
}

/**
 * Starts a cluster's process and resolves when its API answers. Rejects with the process' own reason, for instance a
 * taken port. To start the same cluster again give the ports of `addresses`.
 */
export async function startSimClusterProcess(options: SimClusterOptions): Promise<SimClusterProcess> {
  const child = fork(join(import.meta.dirname, "cluster-main.ts"), [JSON.stringify(options)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: [],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const addresses = await firstMessage(child, ended, options.name);
  const waiting = new Map<number, () => void>();
  let commands = 0;
  const order = async (command: ClusterCommand) => {
    commands += 1;
    const message: ToCluster = { id: commands, ...command };
    const done = new Promise<void>((resolve) => void waiting.set(message.id, resolve));
    if (child.connected) child.send(message);
    await Promise.race([done, ended]);
  };
  child.on("message", (message: FromCluster) => {
    if (message.type !== "done") return;
    waiting.get(message.id)?.();
    waiting.delete(message.id);
  });
  return {
    name: options.name,
    pid: child.pid ?? 0,
    addresses,
    ended,
    partitionApi: (on) => order({ type: "partition-api", on }),
    setTrouble: (trouble) => order({ type: "trouble", trouble }),
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function firstMessage(child: ChildProcess, ended: Promise<void>, name: string): Promise<SimClusterAddresses> {
  const message = await Promise.race([
    new Promise<FromCluster>((resolve) => child.once("message", resolve)),
    ended.then((): FromCluster => ({ type: "failed", message: "its process ended before it was ready" })),
  ]);
  if (message.type === "ready") {
    const { apiUrl, apiPort, backendPorts } = message;
    return { apiUrl, apiPort, backendPorts };
  }
  const reason = message.type === "failed" ? message.message : "it answered out of turn";
  throw new Error(`Cannot start the cluster ${JSON.stringify(name)}: ${reason}`);
}
