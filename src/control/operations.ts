/**
 * What operators order: kept in the store, so that every control function and every restart knows it. An order changes
 * what is published at the next reconcile, never the objects of a cluster.
 *
 * | key                        | holds                                                      |
 * |----------------------------|------------------------------------------------------------|
 * | `approvals/<hash>`         | the withheld removal with that hash may happen              |
 * | `control/rollback`         | version whose content is published until it is resumed      |
 * | `control/drains/<cluster>` | drains of a cluster, as a whole or for hosts                |
 */
import type { HealthEvent, HealthOverlay, HostRoutes, Snapshot, Version } from "../core/model.ts";
import { backendKey } from "../core/health/view.ts";
import { Refusal } from "../core/refusal.ts";
import { countsIndex } from "../core/snapshot/backend-counts.ts";
import { canonicalJson } from "../core/snapshot/canonical.ts";
import { integer, list, nullable, parse, type Read, record, text } from "../core/snapshot/guard.ts";
import { loadSnapshot } from "../core/snapshot/load.ts";
import { parseEnvelope } from "../core/snapshot/manifest.ts";
import type { Store } from "../store/store.ts";
import { textStore } from "../store/text.ts";

const ROLLBACK = "control/rollback";
const DRAINS = "control/drains/";

export interface Drain {
  readonly cluster: string;
  /** Null for every host. */
  readonly host: string | null;
  /** Pinned clients stay until then; null lets no pin count. */
  readonly untilMs: number | null;
  readonly sinceMs: number;
}

export interface OperationsDeps {
  readonly store: Store;
  readonly digest: (text: string) => Promise<string>;
  readonly now: () => number;
  readonly audience: string;
  /** What is served and what is known of health at this moment. */
  readonly current: () => {
    readonly snapshot: Snapshot | null;
    readonly version: Version | null;
    readonly overlay: HealthOverlay | null;
    readonly approval: string | null;
  };
  readonly note: (event: HealthEvent) => void;
  /** Asks for a reconcile soon. */
  readonly trigger: () => void;
}

/** Each resolves to a sentence about what was done; RangeError for what does not exist, Refusal for what must not be. */
export interface Operations {
  approve(hash: string): Promise<string>;
  /** Null for the generation before the one that is served. */
  rollback(generation: number | null): Promise<string>;
  /** Ends a rollback: what the objects say is published again. */
  resume(): Promise<string>;
  drain(
    cluster: string,
    more: { readonly host: string | null; readonly untilMs: number | null; readonly force: boolean },
  ): Promise<string>;
  undrain(cluster: string): Promise<string>;
}

const readDrains: Read<readonly Drain[]> = list(
  record<Drain>({ cluster: text(253), host: nullable(text(253)), untilMs: nullable(integer()), sinceMs: integer() }),
  10_000,
);

const readVersion: Read<Version> = record<Version>({ epoch: integer(), generation: integer() });

/** The orders that operators can give. */
export function operations(deps: OperationsDeps): Operations {
  const store = textStore(deps.store);
  const note = (what: HealthEvent["what"], subject: string, cause: string) =>
    deps.note({ atMs: deps.now(), by: "control", what, subject, cause, sinceMs: null, move: null });
  const clusterNamed = (name: string): Snapshot => {
    const { snapshot } = deps.current();
    if (snapshot === null) throw new RangeError("Cannot drain: no snapshot is published yet");
    if (snapshot.clusters.some((cluster) => cluster.name === name)) return snapshot;
    const known = snapshot.clusters.map((cluster) => cluster.name).join(", ");
    throw new RangeError(`Cannot find the cluster "${name}": there are ${known || "none"}`);
  };
  return {
    async approve(hash) {
      const { approval } = deps.current();
      if (approval === null) throw new RangeError("Cannot approve: nothing is withheld");
      if (hash !== approval) {
        throw new RangeError(`Cannot approve "${hash}": what is withheld now has the hash ${approval}`);
      }
      await store.put(`approvals/${hash}`, canonicalJson({ atMs: deps.now() }), "any");
      note("approved", hash, "an operator approved the removal");
      deps.trigger();
      return `the removal ${hash} is approved`;
    },
    async rollback(generation) {
      const to = await findVersion(deps, generation);
      await store.put(ROLLBACK, canonicalJson(to), "any");
      note(
        "rolled-back",
        `${to.epoch}.${to.generation}`,
        "an operator rolled back; portolan rollback --resume ends it",
      );
      deps.trigger();
      return `the content of ${to.epoch}.${to.generation} is published again under a new generation, until portolan rollback --resume`;
    },
    async resume() {
      if ((await store.get(ROLLBACK)) === null) throw new RangeError("Cannot resume: nothing is rolled back");
      await deps.store.delete(ROLLBACK);
      note("rolled-back", "", "an operator resumed: what the objects say is published");
      deps.trigger();
      return "what the objects say is published again";
    },
    async drain(cluster, { host, untilMs, force }) {
      const snapshot = clusterNamed(cluster);
      if (host !== null && !snapshot.hosts.some((one) => one.host === host)) {
        throw new RangeError(`Cannot find the host "${host}": no rule is for it`);
      }
      const drains = [...(await readAllDrains(deps.store)), { cluster, host, untilMs, sinceMs: deps.now() }];
      const emptied = force ? [] : emptiedHosts(applyDrains(snapshot, drains), snapshot, deps.current().overlay);
      const [first] = emptied;
      if (first !== undefined) {
        throw new Refusal(
          `Cannot drain ${cluster}: ${first}${emptied.length > 1 ? ` and ${emptied.length - 1} others` : ""} would be left without a backend`,
          `portolan drain ${cluster} --force, or bring another cluster up first`,
        );
      }
      const own = drains.filter((one) => one.cluster === cluster && (one.host !== host || one.sinceMs === deps.now()));
      await store.put(`${DRAINS}${cluster}`, canonicalJson(dedupe(own)), "any");
      const what = host === null ? cluster : `${cluster} for ${host}`;
      note("drained", cluster, `an operator drained ${what}`);
      deps.trigger();
      return `${what} is drained: no new requests${untilMs === null ? "" : `, pinned clients stay until ${new Date(untilMs).toISOString()}`}`;
    },
    async undrain(cluster) {
      clusterNamed(cluster);
      await deps.store.delete(`${DRAINS}${cluster}`);
      note("drained", cluster, "an operator ended the drain");
      deps.trigger();
      return `${cluster} takes requests again`;
    },
  };
}

/** One drain per host, the newest. */
function dedupe(drains: readonly Drain[]): readonly Drain[] {
  return [...new Map(drains.map((drain) => [drain.host, drain])).values()];
}

async function findVersion(deps: OperationsDeps, generation: number | null): Promise<Version> {
  const { version } = deps.current();
  const keys = await deps.store.list("manifests/");
  const versions = keys.flatMap((key): Version[] => {
    const [epoch, number] = key.slice("manifests/".length).split("-").map(Number);
    return epoch === undefined || number === undefined ? [] : [{ epoch, generation: number }];
  });
  const older = versions.filter(
    (one) => version === null || one.epoch !== version.epoch || one.generation !== version.generation,
  );
  const found = generation === null ? older.at(-1) : older.findLast((one) => one.generation === generation);
  if (found !== undefined) return found;
  const kept = older.map((one) => one.generation).join(", ");
  throw new RangeError(
    `Cannot roll back to ${generation === null ? "an older generation" : `generation ${generation}`}: kept are ${kept || "none"}`,
  );
}

/** Drains that operators ordered; what cannot be read is none. */
export async function readAllDrains(store: Store): Promise<readonly Drain[]> {
  const drains: Drain[] = [];
  for (const key of await store.list(DRAINS)) {
    const parsed = parse(readDrains, (await textStore(store).get(key)) ?? "");
    if (parsed.ok) drains.push(...parsed.value);
  }
  return drains;
}

/** The snapshot with its drained clusters at weight 0, as a whole or for hosts. */
export function applyDrains(snapshot: Snapshot, drains: readonly Drain[]): Snapshot {
  if (drains.length === 0) return snapshot;
  const whole = new Map(drains.filter((drain) => drain.host === null).map((drain) => [drain.cluster, drain]));
  const clusters = snapshot.clusters.map((cluster) => {
    const drain = whole.get(cluster.name);
    return drain === undefined ? cluster : { ...cluster, weight: 0, drainUntilMs: drain.untilMs };
  });
  const hosts = snapshot.hosts.map((host) => {
    const own = drains.filter((drain) => drain.host === host.host);
    return own.length === 0 ? host : drainHost(host, own);
  });
  return { ...snapshot, clusters, hosts };
}

function drainHost(host: HostRoutes, drains: readonly Drain[]): HostRoutes {
  const terms = new Map(host.policy.clusters.map((one) => [one.cluster, one]));
  for (const { cluster, untilMs } of drains) {
    const known = terms.get(cluster) ?? { cluster, weight: null, bias: null, ramp: null, drainUntilMs: null };
    terms.set(cluster, { ...known, weight: 0, ramp: null, drainUntilMs: untilMs });
  }
  const clusters = [...terms.values()].sort((a, b) => (a.cluster < b.cluster ? -1 : 1));
  return { ...host, policy: { ...host.policy, clusters } };
}

/** Hosts with a service that had somewhere to go and has no more. */
function emptiedHosts(after: Snapshot, before: Snapshot, overlay: HealthOverlay | null): readonly string[] {
  const counts = overlay === null ? null : countsIndex(overlay.backends);
  const serves = (snapshot: Snapshot, host: HostRoutes, service: HostRoutes["services"][number]): boolean =>
    service.backends.some(({ cluster }) => {
      const own = host.policy.clusters.find((one) => one.cluster === cluster)?.weight ?? null;
      const weight = snapshot.clusters.find((one) => one.name === cluster)?.weight ?? 0;
      const ready = counts?.get(backendKey(cluster, service.service))?.ready ?? 1;
      return weight > 0 && own !== 0 && ready > 0;
    });
  const earlier = new Map(before.hosts.map((host) => [host.host, host]));
  return after.hosts.flatMap((host) => {
    const was = earlier.get(host.host);
    const emptied = host.services.some(
      (service) => !serves(after, host, service) && was !== undefined && serves(before, was, service),
    );
    return emptied ? [host.host] : [];
  });
}

/** What an operator rolled back to; null when nobody did, or when it is no longer kept. */
export async function rolledBackTo(
  deps: Pick<OperationsDeps, "store" | "digest" | "audience">,
): Promise<Snapshot | null> {
  const store = textStore(deps.store);
  const order = parse(readVersion, (await store.get(ROLLBACK)) ?? "");
  if (!order.ok) return null;
  const { epoch, generation } = order.value;
  const envelope = await store.get(`manifests/${epoch}-${String(generation).padStart(10, "0")}`);
  if (envelope === null || !parseEnvelope(envelope).ok) return null;
  const get = async (key: string) => (key === "manifest" ? envelope : await store.get(key));
  const result = await loadSnapshot({ get, digest: deps.digest, verify: null, audience: deps.audience }, null);
  return result.result === "loaded" ? result.loaded.snapshot : null;
}
