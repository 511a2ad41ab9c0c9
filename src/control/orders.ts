/** A person's orders, checked before they are written: what `portolan approve`, `rollback` and `drain` do. */
import type { Snapshot, Version } from "../core/model.ts";
import type { Store } from "../store/store.ts";
import { approve, changeOrders, drain, readOrders, rollBackTo, undrain } from "./interventions.ts";

export type OrderResult =
  | { readonly ok: true; readonly did: string }
  | { readonly ok: false; readonly problem: string; readonly next: string };

export interface OrderDeps {
  readonly store: Store;
  readonly now: () => number;
  /** What is served, null before the first snapshot. */
  readonly served: () => (Version & { readonly snapshot: Snapshot }) | null;
  /** Hashes of what waits for a person at the moment: hosts that are withheld, changes of zones that are held. */
  readonly pendingApprovals: () => readonly string[];
  /** Asks control to reconcile soon. */
  readonly trigger: () => void;
}

export interface Orders {
  approve(hash: string): Promise<OrderResult>;
  /** To a kept generation, `previous`, or `end` to serve what the objects say again. */
  rollback(to: string): Promise<OrderResult>;
  drain(cluster: string, options: DrainOptions): Promise<OrderResult>;
  undrain(cluster: string): Promise<OrderResult>;
}

export interface DrainOptions {
  readonly deadlineMs: number | null;
  /** Drain although hosts are left without a backend. */
  readonly force: boolean;
}

/** Orders against one store; each is in force when it resolves, and served after the next reconcile. */
export function orders(deps: OrderDeps): Orders {
  const { store, trigger } = deps;
  const done = (did: string): OrderResult => {
    trigger();
    return { ok: true, did };
  };
  return {
    async approve(hash) {
      const pending = deps.pendingApprovals();
      if (pending.length === 0) return refuse("Cannot approve anything: nothing is withheld", "portolan status");
      if (!pending.includes(hash)) {
        // Somebody read an older list: what is withheld by now may be more than they agreed to.
        return refuse(
          `Cannot approve ${hash}: what is withheld by now has the hash ${pending.join(" or ")}`,
          "portolan status",
        );
      }
      await changeOrders(store, (current) => approve(current, hash));
      return done(`approved ${hash}: what was withheld goes`);
    },
    async rollback(to) {
      if (to === "end") {
        if ((await readOrders(store)).rollback === null)
          return refuse("Cannot end the rollback: there is none", "portolan status");
        await changeOrders(store, (current) => rollBackTo(current, null));
        return done("the rollback is over: what the objects say is served again");
      }
      const kept = await keptVersions(store);
      const target = findVersion(kept, to, deps.served());
      if (target === null) {
        const names = kept.map(({ epoch, generation }) => `${epoch}.${generation}`).join(", ");
        return refuse(`Cannot roll back to "${to}": kept are ${names || "none"}`, "portolan rollback previous");
      }
      await changeOrders(store, (current) => rollBackTo(current, { ...target, sinceMs: deps.now() }));
      return done(`rolled back to ${target.epoch}.${target.generation}, until: portolan rollback end`);
    },
    async drain(cluster, { deadlineMs, force }) {
      const snapshot = deps.served()?.snapshot ?? null;
      const known = snapshot?.clusters.map((one) => one.name) ?? [];
      if (snapshot === null || !known.includes(cluster)) return unknownCluster(cluster, known);
      const emptied = hostsLeftEmpty(snapshot, cluster);
      if (emptied.length > 0 && !force) {
        const problem = `Cannot drain ${cluster}: ${emptied.join(", ")} would be left without a backend`;
        return refuse(problem, `portolan drain ${cluster} --force, if that is meant`);
      }
      await changeOrders(store, (current) => drain(current, { cluster, sinceMs: deps.now(), deadlineMs }));
      return done(`${cluster} is drained, until: portolan drain ${cluster} --end`);
    },
    async undrain(cluster) {
      const current = await readOrders(store);
      if (!current.drains.some((one) => one.cluster === cluster)) {
        return refuse(`Cannot end the drain of ${cluster}: nobody ordered one`, "portolan status");
      }
      await changeOrders(store, (now) => undrain(now, cluster));
      return done(`${cluster} takes requests again, by its weight`);
    },
  };
}

/** Hosts of which a service has backends, but none outside this cluster and the ones that are drained already. */
export function hostsLeftEmpty(snapshot: Snapshot, cluster: string): readonly string[] {
  const open = new Set(
    snapshot.clusters.filter((one) => one.weight > 0 && one.name !== cluster).map((one) => one.name),
  );
  return snapshot.hosts
    .filter((host) =>
      host.services.some(
        ({ backends }) =>
          backends.some((backend) => backend.cluster === cluster) &&
          !backends.some((backend) => open.has(backend.cluster)),
      ),
    )
    .map((host) => host.host);
}

/** Keys are `manifests/<epoch>-<generation, ten digits>`: their order is the order of versions. */
async function keptVersions(store: Store): Promise<readonly Version[]> {
  const keys = await store.list("manifests/");
  return keys.map((key) => {
    const [epoch = "", generation = ""] = key.slice("manifests/".length).split("-");
    return { epoch: Number(epoch), generation: Number(generation) };
  });
}

function findVersion(kept: readonly Version[], to: string, served: Version | null): Version | null {
  const older = kept.filter(
    (one) => served === null || one.epoch !== served.epoch || one.generation < served.generation,
  );
  if (to === "previous") return older.at(-1) ?? null;
  return older.findLast((one) => String(one.generation) === to || `${one.epoch}.${one.generation}` === to) ?? null;
}

function unknownCluster(cluster: string, known: readonly string[]): OrderResult {
  return refuse(
    `Cannot drain "${cluster}": there is no such cluster, only ${known.join(", ") || "none"}`,
    "portolan status",
  );
}

function refuse(problem: string, next: string): OrderResult {
  return { ok: false, problem, next };
}
