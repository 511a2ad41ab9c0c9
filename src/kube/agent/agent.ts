import { causeOf } from "../../core/cause.ts";
import type { ApiAccess } from "../access/access.ts";
import { apiReader, type ApiReaderOptions } from "../api-reader.ts";
import { type ApiConnection, apiConnection } from "../http.ts";
import { isRecord } from "../plain.ts";
import { pause } from "../pause.ts";
import type { AgentMessage, ItemChange } from "./message.ts";

export interface AgentOptions {
  readonly cluster: string;
  /** The cluster's own API. */
  readonly api: ApiAccess;
  /** Where control listens for agents. */
  readonly control: ApiAccess;
  readonly sign: (text: string) => Promise<{ readonly keyId: string; readonly signature: string }>;
  /** At least so often a message is sent, so that silence means something. */
  readonly heartbeatMs: number;
  readonly reader?: Omit<ApiReaderOptions, "tap" | "resources">;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

export interface Agent {
  /** Null while control takes what is sent, otherwise why not. */
  readonly trouble: () => string | null;
  close(): Promise<void>;
}

const SEND_TIMEOUT_MS = 10_000;
const RETRY_MS = 1_000;

/** Reads the cluster's API as control would, and sends what it says outward, one message at a time and in order. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { cluster, now, log } = options;
  const connection: ApiConnection = apiConnection(options.control);
  const held = new Map<string, Map<string, unknown>>();
  const stop = new AbortController();
  let pending: ItemChange[] = [];
  let epoch = now();
  let counter = 0;
  let mustSendState = true;
  let trouble: string | null = "nothing is sent yet";
  let wake: () => void = () => undefined;

  const reader = apiReader(
    { ...options.api, cluster },
    {
      livenessIntervalMs: 5_000,
      ...options.reader,
      tap(change) {
        const slim = slimmed(change);
        remember(held, slim);
        pending.push(slim);
      },
    },
  );
  reader.onChange(() => wake());

  /** Everything that is to be said; what changes while it is on its way is for the next one. */
  function compose(): AgentMessage {
    const { reachable, complete, error, deleted } = reader.observe();
    const type = mustSendState ? "state" : pending.length > 0 ? "changes" : "alive";
    const changes = mustSendState
      ? [...held].map(([kind, items]): ItemChange => ({ op: "replace", kind, items: [...items.values()] }))
      : pending;
    pending = [];
    counter += 1;
    return {
      cluster,
      epoch,
      counter,
      type,
      reachable,
      complete,
      error,
      changes,
      deleted: mustSendState ? [...deleted] : [],
    };
  }

  async function send(): Promise<void> {
    const payload = JSON.stringify(compose());
    const body = { payload, ...(await options.sign(payload)) };
    const path = `/observations/${cluster}`;
    const answer = await connection.write({ method: "POST", path, body }, SEND_TIMEOUT_MS, stop.signal);
    if (answer.ok) {
      if (trouble !== null) log(`Control takes what is sent for ${cluster}`);
      trouble = null;
      mustSendState = false;
      return;
    }
    // Whether it arrived is not known: everything is said anew.
    mustSendState = true;
    // Somebody has used a higher count: another agent of the same cluster, or this one before its clock went back.
    if (answer.reason === "Replay") {
      epoch = Math.max(now(), epoch + 1);
      counter = 0;
    }
    const asked = answer.reason === "Resend";
    const cause = `Cannot send to control: ${answer.message ?? answer.cause}`;
    if (!asked && trouble !== cause) log(cause);
    if (!asked) trouble = cause;
    if (!asked) await pause(RETRY_MS, stop.signal);
  }

  async function run(): Promise<void> {
    await reader.start();
    while (!stop.signal.aborted) {
      await send().catch((error: unknown) => {
        mustSendState = true;
        log(`Cannot send to control: ${causeOf(error)}`);
      });
      if (mustSendState) continue;
      if (pending.length === 0) {
        const woken = new Promise<void>((resolve) => (wake = resolve));
        await Promise.race([woken, pause(options.heartbeatMs, stop.signal)]);
      }
    }
  }

  const running = run();
  return {
    trouble: () => trouble,
    async close() {
      stop.abort();
      wake();
      await running;
      await reader.close();
      await connection.close();
    },
  };
}

function remember(held: Map<string, Map<string, unknown>>, change: ItemChange): void {
  const items = held.get(change.kind) ?? new Map<string, unknown>();
  held.set(change.kind, items);
  if (change.op === "replace") {
    items.clear();
    for (const item of change.items) items.set(keyOf(item), item);
  } else if (change.op === "store") items.set(keyOf(change.item), change.item);
  else items.delete(keyOf(change.item));
}

function slimmed(change: ItemChange): ItemChange {
  const short = (item: unknown) => (change.kind === "Node" ? slimNode(slim(item)) : slim(item));
  if (change.op === "replace") return { ...change, items: change.items.map(short) };
  return { ...change, item: short(change.item) };
}

/** A node tells what images it holds, and when it last looked at each condition. */
function slimNode(node: unknown): unknown {
  if (!isRecord(node) || !isRecord(node["status"])) return node;
  const { addresses, conditions } = node["status"];
  const told: readonly unknown[] = Array.isArray(conditions) ? conditions : [];
  const ready = told.flatMap((one) =>
    isRecord(one) && one["type"] === "Ready" ? [{ type: "Ready", status: one["status"] }] : [],
  );
  return { ...node, status: { addresses, conditions: ready } };
}

/** Without what nobody reads and what may be long: who set which field, and the last manifest of kubectl. */
function slim(item: unknown): unknown {
  if (!isRecord(item) || !isRecord(item["metadata"])) return item;
  const { managedFields: _fields, annotations, ...metadata } = item["metadata"];
  const { "kubectl.kubernetes.io/last-applied-configuration": _last, ...kept } = isRecord(annotations)
    ? annotations
    : {};
  return { ...item, metadata: { ...metadata, annotations: kept } };
}

function keyOf(item: unknown): string {
  const { namespace, name } = isRecord(item) && isRecord(item["metadata"]) ? item["metadata"] : {};
  return JSON.stringify([namespace, name]);
}
