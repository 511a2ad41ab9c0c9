/**
 * What agents say, kept for a control function that does not run all the time: the messages since the last that said
 * everything, as they were signed. A message counts once the head names it, and the head is written by compare-and-set.
 */
import { isRecord } from "../plain.ts";
import type { ObjectReader } from "../reader.ts";
import { agentReader } from "./agent-reader.ts";
import type { Reception } from "./agents.ts";
import { type AgentMessage, readMessage, readSigned } from "./message.ts";

/** The part of a store that is used. */
export interface Mail {
  getVersioned(key: string): Promise<{ readonly text: string; readonly version: string } | null>;
  put(key: string, text: string, condition: "any" | { readonly version: string | null }): Promise<string | null>;
  delete(key: string): Promise<void>;
}

export interface MailboxOptions {
  readonly mail: Mail;
  readonly verify: (text: string, keyId: string, signature: string) => Promise<boolean>;
  readonly now: () => number;
}

/** So many messages make the agent say everything anew: reading them all again takes time. */
const MOST = 50;

interface Head {
  readonly epoch: number;
  readonly counter: number;
  readonly heardAtMs: number;
  /** Counters of the messages that are kept, the one that said everything first. */
  readonly kept: readonly number[];
  /** What the last message said of the agent's own reading. */
  readonly said: Pick<AgentMessage, "reachable" | "complete" | "error">;
}

/** Takes the body of a request for one cluster; the id of an agent's key is the name of its cluster. */
export async function receiveMail(cluster: string, body: unknown, options: MailboxOptions): Promise<Reception> {
  const { mail, now } = options;
  const message = await believed(cluster, body, options.verify);
  if (typeof message === "string") return message;
  const stored = await mail.getVersioned(headKey(cluster));
  const head = stored === null ? null : readHead(stored.text);
  const { epoch, counter, type, reachable, complete, error } = message;
  const isLater = head === null || epoch > head.epoch || (epoch === head.epoch && counter > head.counter);
  if (!isLater) return "Replay";
  const goesOn = head !== null && epoch === head.epoch && counter === head.counter + 1;
  if (type !== "state" && !goesOn) return "Resend";
  if (type === "changes" && (head?.kept.length ?? 0) >= MOST) return "Resend";
  if (type !== "alive") await mail.put(messageKey(cluster, epoch, counter), JSON.stringify(body), "any");
  const before = head?.kept ?? [];
  const kept = type === "state" ? [counter] : type === "changes" ? [...before, counter] : before;
  const next: Head = { epoch, counter, heardAtMs: now(), kept, said: { reachable, complete, error } };
  const version = await mail.put(headKey(cluster), JSON.stringify(next), { version: stored?.version ?? null });
  // Somebody else took a message of this cluster meanwhile; what was written is named by nobody.
  if (version === null) return "Resend";
  if (type === "state" && head !== null) {
    for (const old of head.kept) await mail.delete(messageKey(cluster, head.epoch, old));
  }
  return "Taken";
}

export interface MailReaderOptions extends MailboxOptions {
  readonly claimClassless: boolean;
  /** Without a message for so long the API counts as unreachable. */
  readonly silenceMs: number;
}

/** A cluster as its messages tell it now; they are believed only as they were signed. Close it when it was read. */
export async function mailReader(cluster: string, options: MailReaderOptions): Promise<ObjectReader> {
  const { mail, silenceMs, claimClassless } = options;
  const stored = await mail.getVersioned(headKey(cluster));
  const head = stored === null ? null : readHead(stored.text);
  let clock: (() => number) | null = head === null ? null : () => head.heardAtMs;
  const now = () => (clock ?? options.now)();
  const reader = agentReader({ cluster, claimClassless, last: null, silenceMs, now });
  for (const [index, counter] of (head?.kept ?? []).entries()) {
    const one = await mail.getVersioned(messageKey(cluster, head?.epoch ?? 0, counter));
    const message = one === null ? "Invalid" : await believed(cluster, parsed(one.text), options.verify);
    // A gap: what was heard so far is older than the head says, and the rest is asked for by the next message.
    if (typeof message === "string") return unread(reader);
    // Heartbeats between them are not kept; what they said last is in the head.
    reader.receive({ ...message, counter: index + 1, ...(head === null ? {} : head.said) });
  }
  clock = null;
  return reader;
}

function unread(reader: ObjectReader): ObjectReader {
  return { ...reader, observe: () => ({ ...reader.observe(), reachable: false, complete: false }) };
}

async function believed(
  cluster: string,
  body: unknown,
  verify: MailboxOptions["verify"],
): Promise<AgentMessage | "Invalid" | "Unauthorized"> {
  const signed = readSigned(body);
  if (signed === null) return "Invalid";
  const { payload, keyId, signature } = signed;
  if (keyId !== cluster || !(await verify(payload, keyId, signature))) return "Unauthorized";
  const message = readMessage(payload);
  return message === null || message.cluster !== cluster ? "Invalid" : message;
}

function readHead(text: string): Head | null {
  const value = parsed(text);
  if (!isRecord(value) || !isRecord(value["said"]) || !Array.isArray(value["kept"])) return null;
  const { epoch, counter, heardAtMs, kept, said } = value;
  const { reachable, complete, error } = said;
  if (typeof epoch !== "number" || typeof counter !== "number" || typeof heardAtMs !== "number") return null;
  if (typeof reachable !== "boolean" || typeof complete !== "boolean") return null;
  const counters = kept.filter((one) => typeof one === "number");
  return { epoch, counter, heardAtMs, kept: counters, said: { reachable, complete, error: textOrNull(error) } };
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function headKey(cluster: string): string {
  return `agents/${cluster}/head`;
}

function messageKey(cluster: string, epoch: number, counter: number): string {
  return `agents/${cluster}/${epoch}-${counter}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
