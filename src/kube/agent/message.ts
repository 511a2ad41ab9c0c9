/** What an agent sends, one message after the other. Nothing in it is believed before its signature is. */
import { isRecord } from "../plain.ts";

/** One change of what a cluster holds, as its API told it; items are plain objects. */
export type ItemChange =
  | { readonly op: "replace"; readonly kind: string; readonly items: readonly unknown[] }
  | { readonly op: "store" | "remove"; readonly kind: string; readonly item: unknown };

export interface AgentMessage {
  readonly cluster: string;
  /** Start of the agent in ms; of two agents of one cluster the younger counts. */
  readonly epoch: number;
  /** Counts the messages of an epoch, from 1 without a gap. */
  readonly counter: number;
  /** `state` says everything anew, `changes` what differs since the message before, `alive` that nothing does. */
  readonly type: "state" | "changes" | "alive";
  /** Whether the agent can read its API, and why not. */
  readonly reachable: boolean;
  readonly complete: boolean;
  readonly error: string | null;
  readonly changes: readonly ItemChange[];
  /** With `state`: keys of the objects whose deletion the agent saw. */
  readonly deleted: readonly string[];
}

/** On the wire: the signature is over the very text. */
export interface SignedMessage {
  readonly payload: string;
  readonly keyId: string;
  readonly signature: string;
}

/** Null for anything else. */
export function readSigned(value: unknown): SignedMessage | null {
  if (!isRecord(value)) return null;
  const { payload, keyId, signature } = value;
  return typeof payload === "string" && typeof keyId === "string" && typeof signature === "string"
    ? { payload, keyId, signature }
    : null;
}

/** Null for what is not a message; the items in it are for `apiObjects` to judge. */
export function readMessage(payload: string): AgentMessage | null {
  const value = parsed(payload);
  if (!isRecord(value)) return null;
  const { cluster, epoch, counter, type, reachable, complete, error, changes, deleted } = value;
  if (typeof cluster !== "string" || !isCount(epoch) || !isCount(counter)) return null;
  if (type !== "state" && type !== "changes" && type !== "alive") return null;
  if (typeof reachable !== "boolean" || typeof complete !== "boolean" || !Array.isArray(changes)) return null;
  if (error !== null && typeof error !== "string") return null;
  const read = changes.map(readChange);
  if (read.includes(null) || !Array.isArray(deleted) || !deleted.every((one) => typeof one === "string")) return null;
  const known = read.filter((one) => one !== null);
  return { cluster, epoch, counter, type, reachable, complete, error, changes: known, deleted };
}

function readChange(value: unknown): ItemChange | null {
  if (!isRecord(value) || typeof value["kind"] !== "string") return null;
  const { op, kind, items, item } = value;
  if (op === "replace") return Array.isArray(items) ? { op, kind, items } : null;
  return op === "store" || op === "remove" ? { op, kind, item } : null;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
