/**
 * What a person has ordered, against or beside the objects: which removals may pass, which generation is to be served,
 * which clusters are drained. Kept in the store under one key by compare-and-set, so that it outlives the control
 * function and two people never overwrite each other.
 */
import { canonicalJson } from "../core/snapshot/canonical.ts";
import { integer, list, nullable, orDefault, parse, type Read, record, sha256, text } from "../core/snapshot/guard.ts";
import { textStore } from "../store/text.ts";
import type { Store } from "../store/store.ts";

/** A generation that is served instead of what the objects say, until a person ends it. */
export interface Rollback {
  readonly epoch: number;
  readonly generation: number;
  readonly sinceMs: number;
}

/** A cluster that gets no new requests, whatever its weight. */
export interface OrderedDrain {
  readonly cluster: string;
  /** As the snapshot spells it; null drains the cluster for all hosts. */
  readonly host: string | null;
  readonly sinceMs: number;
  /** Until then clients that are pinned to the cluster stay; null ends all pins at once. */
  readonly deadlineMs: number | null;
}

export interface Interventions {
  /** Hashes of removals that may pass. */
  readonly approved: readonly string[];
  readonly rollback: Rollback | null;
  readonly drains: readonly OrderedDrain[];
}

const KEY = "control/interventions";
/** An approval is for one removal; of many, the newest are kept. */
const MAX_APPROVED = 100;
const NONE: Interventions = { approved: [], rollback: null, drains: [] };

const readInterventions: Read<Interventions> = record<Interventions>({
  approved: list(sha256, MAX_APPROVED),
  rollback: nullable(record<Rollback>({ epoch: integer(), generation: integer(), sinceMs: integer() })),
  drains: list(
    record<OrderedDrain>({
      cluster: text(253),
      host: orDefault(nullable(text(253)), null),
      sinceMs: integer(),
      deadlineMs: nullable(integer()),
    }),
    1000,
  ),
});

/** What is in force. Rejects when the store cannot be reached or holds something else there. */
export async function readOrders(store: Store): Promise<Interventions> {
  return decode(await textStore(store).get(KEY));
}

/** Changes what is in force; repeated on what another writer left until it holds. */
export async function changeOrders(store: Store, change: (current: Interventions) => Interventions): Promise<void> {
  const values = textStore(store);
  for (;;) {
    const stored = await values.getVersioned(KEY);
    const next = canonicalJson(change(decode(stored?.text ?? null)));
    if ((await values.put(KEY, next, { version: stored?.version ?? null })) !== null) return;
  }
}

/** Lets one removal pass. */
export function approve(current: Interventions, hash: string): Interventions {
  const others = current.approved.filter((one) => one !== hash);
  return { ...current, approved: [...others, hash].slice(-MAX_APPROVED) };
}

/** Begins, changes or (null) ends a rollback. */
export function rollBackTo(current: Interventions, rollback: Rollback | null): Interventions {
  return { ...current, rollback };
}

/** Begins or changes a drain. */
export function drain(current: Interventions, order: OrderedDrain): Interventions {
  return { ...current, drains: [...undrain(current, order).drains, order] };
}

/** What a drain is of. */
export type Drained = Pick<OrderedDrain, "cluster" | "host">;

/** Ends a drain; no change when there is none. */
export function undrain(current: Interventions, drained: Drained): Interventions {
  return { ...current, drains: current.drains.filter((one) => !isSameDrain(one, drained)) };
}

/** Whether two drains are of the same cluster, for the same host or both for all. */
export function isSameDrain(one: Drained, other: Drained): boolean {
  return one.cluster === other.cluster && one.host === other.host;
}

function decode(json: string | null): Interventions {
  if (json === null) return NONE;
  const parsed = parse(readInterventions, json);
  if (!parsed.ok) throw new Error(`Cannot read "${KEY}" from the store: ${parsed.problem}`);
  return parsed.value;
}
