import { type ChildProcess, spawn } from "node:child_process";

/** A server of a test: killed by its own process id, its last words kept for the failure. */
export interface RunningProcess {
  readonly pid: number;
  /** Null while it runs, otherwise how it ended. */
  ended(): string | null;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts it; rejects when it cannot be started. */
export async function start(
  command: string,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<RunningProcess> {
  const child: ChildProcess = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    ...(env === undefined ? {} : { env: { ...process.env, ...env } }),
  });
  let tail = "";
  let ended: string | null = null;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => (tail = (tail + text).slice(-3000)));
  }
  const exited = new Promise<void>((resolve) => {
    child.once("close", (code, signal) => {
      ended = `${command} ended with ${code ?? signal}\n${tail}`;
      resolve();
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  return {
    pid: child.pid ?? 0,
    ended: () => ended,
    async kill(signal = "SIGKILL") {
      if (ended === null) child.kill(signal);
      await exited;
    },
  };
}
