/** One name of a zone: who wants what there, what may stand, and the change that brings it about. */
import { compareText } from "../match-route.ts";
import { addUp, canStandTogether, sameSet, unionOf, united, type Wish } from "./lawful.ts";
import type { NameState, PlanInput } from "./plan-input.ts";
import { type DesiredSet, type DnsChange, type DnsConflict, type RecordSet, recordKey } from "./records.ts";
import type { Contribution } from "./registry.ts";
import { changesOf } from "./name-change.ts";

export interface PlannedName {
  readonly changes: readonly DnsChange[];
  readonly conflicts: readonly DnsConflict[];
}

const ADDRESS_TYPES = new Set(["A", "AAAA", "CNAME", "HTTPS", "SVCB"]);

/** Plans one name. `isRefused`: something was wanted here that cannot be published at all. */
export function planName(
  input: PlanInput,
  state: NameState,
  desired: readonly DesiredSet[],
  isRefused: boolean,
): PlannedName {
  if (!isRefused && isAsWanted(input, state, desired)) return { changes: [], conflicts: [] };
  const mine = state.ownership.contributions.filter((one) => one.owner === input.owner);
  const others = state.ownership.contributions.filter((one) => one.owner !== input.owner);
  const { standing, turnedAway } = addUp(inOrder(desired, mine));
  const conflicts = turnedAway.map(({ wish, by }) => unlawful(input, wish, by));
  const wishes: Wish[] = [];
  for (const wish of standing) {
    const obstacle = obstacleTo(input, state, wish, mine, others);
    if (obstacle === null) wishes.push(wish);
    else conflicts.push(obstacle);
  }
  // Who asks for something else and cannot have it keeps what is there: a wrong answer now beats none.
  const isBlocked = isRefused || wishes.length < standing.length;
  const kept = mine.filter((one) => staysAsItIs(input, one, wishes, isBlocked));
  const claims = [...kept, ...wishes.filter((wish) => !isKept(kept, wish)).map((wish) => claimOf(input, mine, wish))];
  const touched = new Set([...mine, ...claims].map((one) => recordKey(one.set)));
  for (const one of kept) touched.delete(recordKey(one.set));
  const final = new Map<string, RecordSet>();
  for (const key of touched) {
    const set = setOf(
      state,
      [...claims, ...others].filter((one) => recordKey(one.set) === key),
      others,
    );
    if (set !== null) final.set(key, { ...set, values: set.values.slice(0, input.capabilities.maxValues) });
  }
  const ownership = { contributions: [...claims, ...others], unreadable: state.ownership.unreadable };
  const changes = changesOf(input.capabilities, state, {
    touched,
    final,
    ownership,
    reason: reasonFor(wishes, mine),
  });
  return typeof changes === "string"
    ? { changes: [], conflicts: [...conflicts, ...wishes.map((wish) => conflict(wish, "refused", null, changes))] }
    : { changes, conflicts };
}

/** The usual case in a large zone, without the work: one set, ours alone, and already there. */
function isAsWanted({ owner }: PlanInput, { ownership, sets }: NameState, desired: readonly DesiredSet[]): boolean {
  const [wish, another] = desired;
  const [claim, rival] = ownership.contributions;
  if (wish === undefined || claim === undefined || another !== undefined || rival !== undefined) return false;
  if (claim.owner !== owner || sets.size !== 1 || ownership.unreadable.length > 0) return false;
  const standing = sets.get(recordKey(wish.set));
  const isSameClaim =
    claim.resources.length === 1 && claim.resources[0] === wish.resource && sameSet(claim.set, wish.set);
  return isSameClaim && standing !== undefined && sameSet(standing, wish.set);
}

/** Wishes in an order that no input order can change: who holds the name already, then by resource and set. */
function inOrder(desired: readonly DesiredSet[], mine: readonly Contribution[]): readonly Wish[] {
  if (desired.length < 2) return desired.map(({ set, resource }) => ({ set, resources: [resource] }));
  const holders = new Set(mine.flatMap((one) => one.resources.map((resource) => `${one.set.type}\t${resource}`)));
  const rank = (wish: Wish): string => {
    const isHolder = holders.has(`${wish.set.type}\t${wish.resources[0] ?? ""}`);
    return `${isHolder ? 0 : 1}\t${wish.resources[0] ?? ""}\t${recordKey(wish.set)}\t${JSON.stringify(wish.set)}`;
  };
  return desired
    .map(({ set, resource }): Wish => ({ set, resources: [resource] }))
    .map((wish) => ({ wish, rank: rank(wish) }))
    .sort((a, b) => compareText(a.rank, b.rank))
    .map(({ wish }) => wish);
}

/** What forbids a wish: records without ownership, unreadable ownership, or another owner. */
function obstacleTo(
  input: PlanInput,
  state: NameState,
  wish: Wish,
  mine: readonly Contribution[],
  others: readonly Contribution[],
): DnsConflict | null {
  if (state.ownership.unreadable.length > 0) {
    return conflict(wish, "foreign", null, "its ownership TXT holds a value that this version cannot read");
  }
  const claimed = new Set([...mine, ...others].map((one) => recordKey(one.set)));
  const foreign = [...state.sets].find(
    ([key, set]) => !claimed.has(key) && !isAdopted(input, wish, set) && obstructs(set, wish.set),
  );
  if (foreign !== undefined) {
    return conflict(
      wish,
      "foreign",
      state.otherOwner,
      `${foreign[1].type} records that Portolan does not own stand there`,
    );
  }
  const rival = others.find((one) =>
    recordKey(one.set) === recordKey(wish.set)
      ? unionOf(one.set, wish.set) === null
      : !canStandTogether(one.set, wish.set),
  );
  if (rival !== undefined) {
    const holds = `${rival.set.type} of ${rival.resources.join(", ")}`;
    return conflict(wish, "other-owner", rival.owner, `owner "${rival.owner}" holds it (${holds})`);
  }
  // Under create-only what is there stays, even if it is ours.
  const isInTheWay = (one: Contribution): boolean =>
    recordKey(one.set) !== recordKey(wish.set) && !canStandTogether(one.set, wish.set);
  if (input.policy === "create-only" && mine.some(isInTheWay)) {
    return conflict(wish, "refused", input.owner, 'the policy "create-only" changes nothing that is there');
  }
  return null;
}

function isAdopted(input: PlanInput, wish: Wish, set: RecordSet): boolean {
  return input.adopt.has(set.name) && ADDRESS_TYPES.has(set.type) && ADDRESS_TYPES.has(wish.set.type);
}

/** Half a name in foreign hands would answer half of the clients from somewhere else. */
function obstructs(foreign: RecordSet, wanted: RecordSet): boolean {
  if (recordKey(foreign) === recordKey(wanted) || !canStandTogether(foreign, wanted)) return true;
  return foreign.type !== wanted.type && ADDRESS_TYPES.has(foreign.type) && ADDRESS_TYPES.has(wanted.type);
}

/** Whether a claim of ours outlives this plan untouched. */
function staysAsItIs(input: PlanInput, claim: Contribution, wishes: readonly Wish[], isBlocked: boolean): boolean {
  const key = recordKey(claim.set);
  const wish = wishes.find((one) => recordKey(one.set) === key);
  if (wish !== undefined) return input.policy === "create-only";
  if (input.policy === "sync" && !isBlocked) return false;
  // Deletes are forbidden, but what cannot stand beside a wanted set gives way: that is an update of the name.
  return wishes.every((one) => canStandTogether(one.set, claim.set));
}

function isKept(kept: readonly Contribution[], wish: Wish): boolean {
  return kept.some((one) => recordKey(one.set) === recordKey(wish.set));
}

function claimOf(input: PlanInput, mine: readonly Contribution[], { set, resources }: Wish): Contribution {
  const before = mine.find((one) => recordKey(one.set) === recordKey(set));
  return { owner: input.owner, resources, sinceSeconds: before?.sinceSeconds ?? input.nowSeconds, set };
}

/** The set that serves all claims of one key; null when nobody claims it any more. */
function setOf(state: NameState, claims: readonly Contribution[], others: readonly Contribution[]): RecordSet | null {
  const [first, ...rest] = claims.toSorted((a, b) => compareText(a.owner, b.owner));
  if (first === undefined) return null;
  const standing = state.sets.get(recordKey(first.set));
  // Only others are left and they cannot be added up: theirs to repair.
  if (claims.every((one) => others.includes(one)) && claims.length === 1 && standing !== undefined) {
    return unionOf(first.set, standing) === null || !isAddress(first.set) ? standing : first.set;
  }
  return rest.reduce((sum: RecordSet, one) => unionOf(sum, one.set) ?? sum, first.set);
}

function isAddress(set: RecordSet): boolean {
  return set.type === "A" || set.type === "AAAA";
}

function unlawful(input: PlanInput, wish: Wish, by: Wish): DnsConflict {
  const holds = `${by.resources.join(", ")} asks for ${by.set.type} ${shown(by.set)}`;
  return conflict(wish, "unlawful-union", input.owner, `${holds}, and both cannot stand at one name`);
}

function shown(set: RecordSet): string {
  return set.alias?.name ?? set.values.slice(0, 3).join(" ");
}

function conflict(wish: Wish, code: DnsConflict["code"], owner: string | null, why: string): DnsConflict {
  const { name, type, setIdentifier } = wish.set;
  const resource = wish.resources.join(", ");
  return {
    name,
    type,
    setIdentifier,
    code,
    owner,
    resource,
    message: `Cannot publish ${type} "${name}" for ${resource}: ${why}`,
  };
}

function reasonFor(wishes: readonly Wish[], mine: readonly Contribution[]): string {
  const asking = wishes.reduce((all: readonly string[], wish) => united(all, wish.resources), []);
  if (asking.length > 0) return `${asking.join(", ")} asks for it`;
  const before = mine.reduce((all: readonly string[], one) => united(all, one.resources), []);
  return `${before.join(", ")} no longer asks for it`;
}
