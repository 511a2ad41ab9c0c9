/** Carries out what `core/write-back/plan.ts` says: never by force, and never twice after a conflict. */
import { createHash } from "node:crypto";
import { rfc3339 } from "../core/rfc3339.ts";
import type { Condition } from "../core/write-back/conditions.ts";
import type { ConditionWrite, EventWrite, StatusWrite, Target, WriteBackPlan } from "../core/write-back/plan.ts";
import { statusAddress } from "../core/listing/resource.ts";
import type { ApiClient, ApiObject, ApiResult } from "./api-client.ts";
import { isRecord } from "./plain.ts";

export interface WriteBackDeps {
  /** A client of a cluster's API, of the config cluster for null; null when there is none. */
  readonly clientOf: (cluster: string | null) => ApiClient | null;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

export interface WriteBack {
  /** Carries a plan out; one at a time. Never rejects. */
  carryOut(plan: WriteBackPlan): Promise<void>;
}

const CONTROLLER = "portolan.dev/control";
const AT_ONCE = 8;
/** Events are told once; so many of them are remembered. */
const MAX_TOLD = 20_000;
/** Conditions that somebody else changed are written again after so long. */
const LOOK_AGAIN_MS = 60_000;
/** After a refusal for want of rights a cluster is left alone for so long. */
const FORBIDDEN_PAUSE_MS = 600_000;

/** Remembers conflicts, told Events and refusals for as long as it lives. */
export function writeBack({ clientOf, now, log }: WriteBackDeps): WriteBack {
  const conflicts = new Set<string>();
  const told = new Set<string>();
  /** Conditions by uid that stood there when they were last looked at. */
  const standing = new Map<string, { readonly text: string; readonly atMs: number }>();
  const forbiddenUntil = new Map<string | null, number>();

  function clientFor(cluster: string | null): ApiClient | null {
    return now() < (forbiddenUntil.get(cluster) ?? 0) ? null : clientOf(cluster);
  }

  function refused(cluster: string | null, what: string, answer: ApiResult): boolean {
    if (answer.ok || answer.status !== 403) return false;
    if (now() >= (forbiddenUntil.get(cluster) ?? 0)) {
      log(
        `Cannot write ${what} in ${cluster ?? "the config cluster"}: ${answer.cause}; it is tried again in ten minutes`,
      );
    }
    forbiddenUntil.set(cluster, now() + FORBIDDEN_PAUSE_MS);
    return true;
  }

  async function status(write: StatusWrite): Promise<void> {
    const key = JSON.stringify([write.cluster, write.uid, write.addresses]);
    const client = clientFor(write.cluster);
    if (client === null || conflicts.has(key)) return;
    const answer = await client.apply(`${pathOf(write)}/status`, {
      ...identity(write),
      // One atomic list; without it the field is given up.
      ...(write.addresses.length === 0
        ? {}
        : { status: { loadBalancer: { ingress: write.addresses.map(statusAddress) } } }),
    });
    if (answer.ok || refused(write.cluster, "statuses", answer) || answer.status === 404) return;
    if (answer.status !== 409) return log(`Cannot write the status of ${nameOf(write)}: ${answer.cause}`);
    conflicts.add(key);
    const note = `Cannot write status.loadBalancer: ${answer.message ?? "somebody else owns it"}; it is left to them`;
    await event({ ...write, type: "Warning", reason: "StatusConflict", note });
  }

  async function event(write: EventWrite): Promise<void> {
    // The name is the content: the same Event is never there twice, even after a restart.
    const hash = createHash("sha256")
      .update(JSON.stringify([write.uid, write.reason, write.note]))
      .digest("hex");
    const client = clientFor(write.cluster);
    const key = `${write.cluster ?? ""}|${hash}`;
    if (client === null || told.has(key)) return;
    const namespace = write.namespace === "" ? "default" : write.namespace;
    const answer = await client.create(`/apis/events.k8s.io/v1/namespaces/${namespace}/events`, {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name: `${write.name.slice(0, 200)}.${hash.slice(0, 16)}`, namespace },
      eventTime: microTime(now()),
      type: write.type,
      reason: write.reason,
      action: "Route",
      note: write.note.slice(0, 1024),
      regarding: { ...reference(write), uid: write.uid },
      reportingController: CONTROLLER,
      reportingInstance: "portolan-control",
    });
    if (refused(write.cluster, "Events", answer)) return;
    if (!answer.ok && answer.status !== 409) return log(`Cannot write an Event for ${nameOf(write)}: ${answer.cause}`);
    told.add(key);
    for (const oldest of told) {
      if (told.size <= MAX_TOLD) break;
      told.delete(oldest);
    }
  }

  async function conditions(write: ConditionWrite): Promise<void> {
    const client = clientFor(write.cluster);
    const text = JSON.stringify(write.status);
    const known = standing.get(write.uid);
    if (client === null || (known?.text === text && now() - known.atMs < LOOK_AGAIN_MS)) return;
    const found = await client.get(pathOf(write));
    if (!found.ok) return void refused(write.cluster, "conditions", found);
    standing.set(write.uid, { text, atMs: now() });
    const wanted = statusOf(write, found.object, now());
    if (wanted === null) return;
    const answer = await client.apply(`${pathOf(write)}/status`, { ...identity(write), status: wanted });
    if (answer.ok) return;
    standing.delete(write.uid);
    if (refused(write.cluster, "conditions", answer)) return;
    log(`Cannot write the status of ${nameOf(write)}: ${answer.cause}`);
  }

  return {
    async carryOut(plan) {
      await inTurns(plan.statuses, status);
      await inTurns(plan.events, event);
      await inTurns(plan.conditions, conditions);
    },
  };
}

/** The status to write; null when all of it stands there already. A condition that stays keeps its time. */
function statusOf({ status }: ConditionWrite, found: ApiObject, nowMs: number): ApiObject | null {
  const before = isRecord(found["status"]) ? found["status"] : {};
  const listed: readonly unknown[] = Array.isArray(before["conditions"]) ? before["conditions"] : [];
  const old = new Map(listed.flatMap((one) => (isRecord(one) ? [[one["type"], one] as const] : [])));
  const conditions = status.conditions.map((one) => {
    const known = old.get(one.type);
    const since = known?.["status"] === one.status ? known["lastTransitionTime"] : rfc3339(nowMs);
    return { ...one, lastTransitionTime: since };
  });
  const isSame = (name: string, value: unknown) => before[name] === value;
  const healthStays = Object.entries(status.health ?? {}).every(([name, value]) => isSame(name, value));
  const conditionsStay = conditions.every((one) => isSameCondition(one, old.get(one.type)));
  return healthStays && conditionsStay ? null : { conditions, ...status.health };
}

function isSameCondition(wanted: Condition, known: Readonly<Record<string, unknown>> | undefined): boolean {
  return (
    known !== undefined &&
    known["status"] === wanted.status &&
    known["reason"] === wanted.reason &&
    (known["message"] ?? "") === wanted.message
  );
}

/** Gives up every status that we wrote, as when a cluster leaves; the paths. What others own stays. */
export async function releaseStatuses(client: ApiClient): Promise<readonly string[]> {
  const found = await client.list("/apis/networking.k8s.io/v1/ingresses");
  if (!found.ok) return [];
  const released: string[] = [];
  for (const item of found.items) {
    const metadata = isRecord(item["metadata"]) ? item["metadata"] : {};
    const { name, namespace, uid, managedFields } = metadata;
    const fields: readonly unknown[] = Array.isArray(managedFields) ? managedFields : [];
    const isOurs = fields.some(
      (one) => isRecord(one) && one["manager"] === "portolan" && one["subresource"] === "status",
    );
    if (!isOurs || typeof name !== "string" || typeof namespace !== "string" || typeof uid !== "string") continue;
    const target = { cluster: null, kind: "Ingress", apiVersion: "networking.k8s.io/v1", namespace, name, uid };
    const answer = await client.apply(`${pathOf(target)}/status`, identity(target));
    if (answer.ok) released.push(pathOf(target));
  }
  return released;
}

const PLURALS: Readonly<Record<string, string>> = {
  Ingress: "ingresses",
  Cluster: "clusters",
  TrafficPolicy: "trafficpolicies",
  HostClaim: "hostclaims",
};

function pathOf({ apiVersion, kind, namespace, name }: Target): string {
  const where = namespace === "" ? "" : `/namespaces/${namespace}`;
  return `/apis/${apiVersion}${where}/${PLURALS[kind] ?? ""}/${name}`;
}

/** With the uid: an object that was made anew in the meantime is another one. */
function identity({ apiVersion, kind, namespace, name, uid }: Target): ApiObject {
  return { apiVersion, kind, metadata: { ...(namespace === "" ? {} : { namespace }), name, uid } };
}

function reference({ apiVersion, kind, namespace, name }: Target): ApiObject {
  return { apiVersion, kind, ...(namespace === "" ? {} : { namespace }), name };
}

function nameOf({ cluster, kind, namespace, name }: Target): string {
  return `${kind} ${namespace === "" ? name : `${namespace}/${name}`} in ${cluster ?? "the config cluster"}`;
}

/** Kubernetes' MicroTime. */
function microTime(ms: number): string {
  return rfc3339(ms).replace("Z", `.${String(Math.floor(ms % 1000)).padStart(3, "0")}000Z`);
}

/** A few at a time, in order. */
async function inTurns<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
}
