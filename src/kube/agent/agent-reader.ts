import type { Observation } from "../../core/objects.ts";
import { type ApiObjects, apiObjects } from "../api-objects.ts";
import type { ObjectReader } from "../reader.ts";
import { MEMBER_RESOURCES } from "../resources.ts";
import type { AgentMessage } from "./message.ts";

/** Where in its own count an agent is. */
export interface Sequence {
  readonly epoch: number;
  readonly counter: number;
}

export interface AgentReader extends ObjectReader {
  /**
   * Takes a message whose signature holds. `replay`: it, or a later one, was taken before, also before a restart.
   * `resend`: what it goes on from is not known here, so the agent has to say everything.
   */
  receive(message: AgentMessage): "taken" | "replay" | "resend";
}

export interface AgentReaderOptions {
  readonly cluster: string;
  readonly claimClassless: boolean;
  /** The last one that was taken before the start; null for none. */
  readonly last: Sequence | null;
  /** Without a message for so long the API counts as unreachable: silence is never taken for empty. */
  readonly silenceMs: number;
  readonly now: () => number;
}

/** A cluster as its agent tells it. The objects are judged as if its API had been read. */
export function agentReader(options: AgentReaderOptions): AgentReader {
  const { cluster, now, silenceMs } = options;
  const kinds = new Set(MEMBER_RESOURCES.map(({ kind }) => kind));
  const listeners: (() => void)[] = [];
  let objects = apiObjects(cluster);
  let deleted: ReadonlySet<string> = new Set();
  let last = options.last;
  /** Whether a `state` was taken since the start, on which changes can go on. */
  let hasState = false;
  let heardAtMs = now();
  let message: Pick<AgentMessage, "reachable" | "complete" | "error"> = {
    reachable: false,
    complete: false,
    error: null,
  };
  let wasSilent = true;
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const isSilent = () => !hasState || now() - heardAtMs > silenceMs;
  const timer = setInterval(
    () => {
      if (isSilent() === wasSilent) return;
      wasSilent = isSilent();
      tell();
    },
    Math.max(50, silenceMs / 10),
  );
  // In runtimes other than Node a timer is a number, and holds nothing up.
  if (typeof timer === "object") timer.unref();

  function take({ type, changes, deleted: seen, ...state }: AgentMessage): void {
    if (type === "state") {
      objects = apiObjects(cluster);
      deleted = new Set(seen);
    }
    for (const change of changes) {
      // A kind that we did not ask for could name a Cluster, or a Secret.
      if (!kinds.has(change.kind)) continue;
      if (change.op === "replace") replaceAll(objects, change.kind, change.items);
      else if (change.op === "store") objects.store(change.kind, change.item);
      else objects.remove(change.kind, change.item);
    }
    const { reachable, complete, error } = state;
    const isOther = type !== "alive" || reachable !== message.reachable || error !== message.error || wasSilent;
    message = { reachable, complete, error };
    heardAtMs = now();
    hasState = true;
    wasSilent = false;
    if (isOther) tell();
  }

  return {
    cluster,
    receive(received) {
      const { epoch, counter, type } = received;
      const isLater = last === null || epoch > last.epoch || (epoch === last.epoch && counter > last.counter);
      if (!isLater) return "replay";
      const goesOn = hasState && last !== null && epoch === last.epoch && counter === last.counter + 1;
      if (type !== "state" && !goesOn) return "resend";
      last = { epoch, counter };
      take(received);
      return "taken";
    },
    start: () => Promise.resolve(),
    observe(): Observation {
      const silent = isSilent();
      return {
        cluster,
        reachable: !silent && message.reachable,
        complete: hasState && message.complete,
        observedAtMs: heardAtMs,
        error: silent ? silence(cluster, hasState ? heardAtMs : null) : message.error,
        objects: objects.objects(),
        deleted: new Set([...deleted, ...objects.deleted()]),
        problems: objects.problems(),
        claimClassless: options.claimClassless,
      };
    },
    onChange: (listener) => void listeners.push(listener),
    close() {
      clearInterval(timer);
      listeners.length = 0;
      return Promise.resolve();
    },
  };
}

function silence(cluster: string, sinceMs: number | null): string {
  const since = sinceMs === null ? "has said nothing yet" : `is silent since ${new Date(sinceMs).toISOString()}`;
  return `Cannot read cluster ${JSON.stringify(cluster)}: its agent ${since}`;
}

function replaceAll(objects: ApiObjects, kind: string, items: readonly unknown[]): void {
  objects.begin(kind);
  objects.page(kind, items);
  objects.commit(kind);
}
