/** The file of hop keys, read again when it changes: a Secret that is mounted is replaced as a whole. */
import { causeOf } from "../core/cause.ts";
import { readFile } from "node:fs/promises";
import { parseHopKeys } from "./hop-keys.ts";
import { type NodeHopKeys, nodeHopKeys } from "./hop-keys-node.ts";

export interface HopKeyFile {
  /** The last keys that could be used. */
  current(): NodeHopKeys;
  /** Reads it now. Never rejects: what cannot be used is told to `log`, and the old keys stay. */
  refresh(): Promise<void>;
  close(): void;
}

export interface HopKeyFileOptions {
  readonly pollIntervalMs?: number;
  /** JSON lines; ids of keys, never a key. */
  readonly log?: (line: string) => void;
  readonly now?: () => number;
}

/** Rejects with a RangeError when the file cannot be read or holds no usable key. */
export async function hopKeyFile(path: string, options: HopKeyFileOptions = {}): Promise<HopKeyFile> {
  const { pollIntervalMs = 1000, log = () => undefined, now = Date.now } = options;
  let text = await read(path);
  let keys = nodeHopKeys(parseHopKeys(text));
  let lastProblem = "";
  const say = (event: string, more: object): void =>
    log(JSON.stringify({ time: new Date(now()).toISOString(), event, file: path, ...more }));
  const refresh = async (): Promise<void> => {
    try {
      const fresh = await read(path);
      if (fresh !== text) {
        keys = nodeHopKeys(parseHopKeys(fresh));
        text = fresh;
        say("hop-keys-changed", { ids: keys.ids });
      }
      lastProblem = "";
    } catch (error) {
      const problem = causeOf(error);
      if (problem !== lastProblem) say("hop-keys-refused", { problem });
      lastProblem = problem;
    }
  };
  // The text is compared, not the time of the file: it is short, and links are swapped under it.
  const timer = setInterval(() => void refresh(), pollIntervalMs).unref();
  return { current: () => keys, refresh, close: () => clearInterval(timer) };
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new RangeError(`Cannot read the hop keys from ${path}: ${code}`, { cause });
  }
}
