/** A person's orders, checked before they are written: what `portolan approve`, `rollback` and `drain` do. */
import type { Snapshot, Version } from "../core/model.ts";
import type { Store } from "../store/store.ts";
import { isOpen } from "./drain.ts";
import {
  approve,
  changeOrders,
  drain,
  type Drained,
  isSameDrain,
  readOrders,
  rollBackTo,
  undrain,
} from "./interventions.ts";

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
  undrain(cluster: string, host: string | null): Promise<OrderResult>;
}

export interface DrainOptions {
  /** Null for all hosts. */
  readonly host: string | null;
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
    async drain(cluster, { host, deadlineMs, force }) {
      const snapshot = deps.served()?.snapshot ?? null;
      const known = snapshot?.clusters.map((one) => one.name) ?? [];
      if (snapshot === null || !known.includes(cluster)) return unknownCluster(cluster, known);
      const hosts = snapshot.hosts.map((one) => one.host);
      if (host !== null && !hosts.includes(host)) return unknownHost(cluster, host, hosts);
      const [of, command] = named({ cluster, host });
      const emptied = hostsLeftEmpty(snapshot, { cluster, host });
      if (emptied.length > 0 && !force) {
        const problem = `Cannot drain ${of}: ${emptied.join(", ")} would be left without a backend`;
        return refuse(problem, `${command} --force, if that is meant`);
      }
      await changeOrders(store, (current) => drain(current, { cluster, host, sinceMs: deps.now(), deadlineMs }));
      return done(`${of} is drained, until: ${command} --end`);
    },
    async undrain(cluster, host) {
      const drained = { cluster, host };
      const [of] = named(drained);
      const current = await readOrders(store);
      if (!current.drains.some((one) => isSameDrain(one, drained))) {
        return refuse(`Cannot end the drain of ${of}: nobody ordered one`, "portolan status");
      }
      await changeOrders(store, (now) => undrain(now, drained));
      return done(`${of} takes requests again, by its weight`);
    },
  };
}

/** What people call a drain, and the command that orders it. */
function named({ cluster, host }: Drained): readonly [of: string, command: string] {
  if (host === null) return [cluster, `portolan drain ${cluster}`];
  return [`${cluster} for ${host}`, `portolan drain ${cluster} --host ${host}`];
}

/** Hosts of which a service has backends, but none outside what would be drained and what is drained already. */
export function hostsLeftEmpty(snapshot: Snapshot, { cluster, host }: Drained): readonly string[] {
  return snapshot.hosts
    .filter((one) => host === null || one.host === host)
    .filter((one) =>
      one.services.some(
        ({ backends }) =>
          backends.some((backend) => backend.cluster === cluster) &&
          !backends.some((backend) => backend.cluster !== cluster && isOpen(snapshot, one, backend.cluster)),
      ),
    )
    .map((one) => one.host);
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

function unknownHost(cluster: string, host: string, known: readonly string[]): OrderResult {
  const some = known.slice(0, 5).join(", ");
  const only = known.length > 5 ? `among ${known.length} are ${some}` : `only ${some || "none"}`;
  return refuse(`Cannot drain ${cluster} for "${host}": no rule is for that host, ${only}`, "portolan status");
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
