/** Several processes that share a port: started, watched, replaced one by one. Each has the whole snapshot. */
import cluster, { type Worker } from "node:cluster";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { mergeMetrics } from "../src/edge/merge-metrics.ts";
import type { EdgeStore } from "./node-edge.ts";
import type { FromProcess, ProcessOptions, ProcessStore, ServedVersion, ToProcess } from "./process-messages.ts";
import { processTap, type ProcessTap } from "./process-tap.ts";

export interface EdgeProcesses {
  readonly url: string;
  readonly plainUrl: string | null;
  /** One page of all of them; a process that does not answer is left out. */
  metricsText(): Promise<string>;
  notReady(): string | null;
  /** Their decisions as they happen. */
  readonly tap: ProcessTap["listen"];
  /** The store has something new. */
  refresh(): Promise<void>;
  /** New processes take the place of the old ones, one after the other; no request is lost. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

interface One {
  readonly name: string;
  readonly worker: Worker;
  ready: boolean;
  /** It ends because it was told to. */
  stopping: boolean;
  readonly exited: Promise<void>;
}

const START_MS = 60_000;
const METRICS_MS = 2000;
/** Between the end of a process that broke and the next start. */
const RESTART_MS = 200;

export interface ProcessesDeps {
  readonly store: EdgeStore;
  /** What to start from when the store does not answer; null for nothing. */
  readonly bundled: EdgeStore["get"] | null;
  /** Told when a process serves another snapshot. */
  readonly onServed: (version: ServedVersion) => void;
  readonly log: (line: string) => void;
}

/** Starts them; rejects with what the first one that cannot start says. */
export async function startProcesses(
  options: ProcessOptions,
  { store, bundled, onServed, log }: ProcessesDeps,
): Promise<EdgeProcesses> {
  // A cookie that one of them signs must be good at the others.
  const pinKeys = process.env.PORTOLAN_PIN_KEYS ?? `own:${randomBytes(32).toString("base64")}`;
  cluster.setupPrimary({ exec: fileURLToPath(new URL("./edge-process.ts", import.meta.url)), args: [] });
  const running = new Map<string, One>();
  const pages = new Map<number, (text: string) => void>();
  let asked = 0;
  let closing = false;
  let url = "";
  let plainUrl: string | null = null;
  const everybody = (message: ToProcess): void => {
    for (const { worker } of running.values()) if (worker.isConnected()) worker.send(message);
  };
  const tap = processTap(everybody);
  const read = async (of: ProcessStore, key: string): Promise<string | null> =>
    of === "store" ? await store.get(key) : ((await bundled?.(key)) ?? null);

  const start = async (name: string): Promise<One> => {
    const worker = cluster.fork();
    const say = (message: ToProcess): void => void (worker.isConnected() && worker.send(message));
    const { promise: exited, resolve: exit } = Promise.withResolvers<void>();
    const one: One = { name, worker, ready: false, stopping: false, exited };
    const { promise, resolve, reject } = Promise.withResolvers<One>();
    const timer = setTimeout(() => {
      worker.process.kill("SIGKILL");
      reject(new Error(`Cannot start the process ${name}: it was not ready in ${START_MS} ms`));
    }, START_MS);
    worker.on("message", (message: FromProcess) => {
      switch (message.type) {
        case "ready":
          one.ready = true;
          log(JSON.stringify({ event: "process-ready", process: name, pid: worker.process.pid }));
          ({ url, plainUrl } = message);
          tap.joined(say);
          resolve(one);
          break;
        case "failed":
          one.stopping = true;
          reject(Object.assign(new Error(message.message), { code: message.code }));
          break;
        case "get":
          read(message.of, message.key).then(
            (text) => say({ type: "stored", id: message.id, text, ok: true }),
            () => say({ type: "stored", id: message.id, text: null, ok: false }),
          );
          break;
        case "report":
          void store.report?.(message.edge, message.text);
          break;
        case "served":
          onServed(message.version);
          break;
        case "tapped":
          tap.heard(message.id, message.lines);
          break;
        case "metrics":
          pages.get(message.id)?.(message.text);
          break;
        default:
          message satisfies never;
      }
    });
    worker.once("exit", (code, signal) => {
      clearTimeout(timer);
      one.ready = false;
      exit();
      reject(new Error(`Cannot start the process ${name}: it ended with ${signal ?? code}`));
      if (one.stopping || closing || running.get(name) !== one) return;
      log(JSON.stringify({ event: "process-ended", process: name, code, signal }));
      setTimeout(() => void replace(name), RESTART_MS);
    });
    say({ type: "start", options, name, pinKeys });
    const started = await promise;
    clearTimeout(timer);
    return started;
  };

  /** Puts a new process in the place of that name; what is there goes on until the new one is ready. */
  const replace = async (name: string): Promise<void> => {
    if (closing) return;
    const old = running.get(name);
    try {
      running.set(name, await start(name));
    } catch (error) {
      log(JSON.stringify({ event: "process-not-started", process: name, error: String(error) }));
      if (old?.ready !== true && !closing) setTimeout(() => void replace(name), RESTART_MS * 10);
      return;
    }
    if (old?.ready === true) await stop(old);
  };

  const stop = async (one: One): Promise<void> => {
    one.stopping = true;
    if (one.worker.isConnected()) one.worker.send({ type: "stop" } satisfies ToProcess);
    await one.exited;
  };

  const close = async (): Promise<void> => {
    closing = true;
    await Promise.all([...running.values()].map(stop));
  };

  try {
    const names = Array.from({ length: options.processes }, (_, index) => `${options.name}-${index + 1}`);
    await Promise.all(names.map(async (name) => void running.set(name, await start(name))));
  } catch (error) {
    await close();
    throw error;
  }
  let reloading: Promise<void> = Promise.resolve();
  let queued = false;
  return {
    url,
    plainUrl,
    async metricsText() {
      const texts = [...running.values()].map(async ({ name, worker, ready }) => {
        if (!ready || !worker.isConnected()) return null;
        asked += 1;
        const id = asked;
        const text = await new Promise<string | null>((resolve) => {
          const timer = setTimeout(() => resolve(null), METRICS_MS);
          pages.set(id, (page) => {
            clearTimeout(timer);
            resolve(page);
          });
          worker.send({ type: "metrics", id } satisfies ToProcess);
        });
        pages.delete(id);
        return text === null ? null : { edge: name, text };
      });
      return mergeMetrics((await Promise.all(texts)).filter((page) => page !== null));
    },
    tap: tap.listen,
    refresh: () => Promise.resolve(everybody({ type: "refresh" })),
    notReady: () => ([...running.values()].some(({ ready }) => ready) ? null : "no process is ready"),
    reload() {
      // One that waits stands for all that were asked for since.
      if (queued) return reloading;
      queued = true;
      reloading = reloading.then(async () => {
        queued = false;
        for (const name of running.keys()) await replace(name);
      });
      return reloading;
    },
    close,
  };
}
