/**
 * What may stand at one name, and what several wishes for it add up to. DNS answers a question with a whole set, so a
 * union is lawful only where every resolver treats its members alike: addresses of one family.
 *
 * | at one name                          | together                                                              |
 * |--------------------------------------|-----------------------------------------------------------------------|
 * | A and A, AAAA and AAAA, both plain   | one set of all values, the shortest TTL                                |
 * | the same set twice                   | that set                                                               |
 * | A beside AAAA, SRV beside TXT …      | both                                                                   |
 * | CNAME beside any other type          | never (RFC 1034 §3.6.2)                                                |
 * | CNAME and CNAME to other names       | only as sets of one policy with their own identifiers                  |
 * | a set with a policy beside a plain one of the type, or beside another policy | never                          |
 */
import { compareText } from "../match-route.ts";
import { canonicalJson } from "../snapshot/canonical.ts";
import { type RecordSet, recordKey } from "./records.ts";

/** A set, and the resources that it is for. */
export interface Wish {
  readonly set: RecordSet;
  /** Sorted, without repetition. */
  readonly resources: readonly string[];
}

/** Whether two sets of one name with different keys may stand there together. */
export function canStandTogether(a: RecordSet, b: RecordSet): boolean {
  if (a.type !== b.type) return a.type !== "CNAME" && b.type !== "CNAME";
  return a.setIdentifier !== null && b.setIdentifier !== null && a.policy?.type === b.policy?.type;
}

/** The one set that serves both wishes for one key, or null when that would be no lawful union. */
export function unionOf(a: RecordSet, b: RecordSet): RecordSet | null {
  if (sameButTtl(a, b)) return { ...a, ttlSeconds: shorter(a.ttlSeconds, b.ttlSeconds) };
  if (!isPlainAddress(a) || !isPlainAddress(b) || a.type !== b.type) return null;
  const values = [...new Set([...a.values, ...b.values])].sort(compareText);
  return { ...a, values, ttlSeconds: shorter(a.ttlSeconds, b.ttlSeconds) };
}

/** Wishes of one name added up in the order given; what does not fit with what stands already is turned away. */
export function addUp(wishes: readonly Wish[]): {
  readonly standing: readonly Wish[];
  readonly turnedAway: readonly { readonly wish: Wish; readonly by: Wish }[];
} {
  const standing = new Map<string, Wish>();
  const turnedAway: { wish: Wish; by: Wish }[] = [];
  for (const wish of wishes) {
    const key = recordKey(wish.set);
    const same = standing.get(key);
    const merged = same === undefined ? wish.set : unionOf(same.set, wish.set);
    const by =
      merged === null
        ? same
        : [...standing.values()].find((one) => one !== same && !canStandTogether(one.set, wish.set));
    if (merged === null || by !== undefined) {
      if (by !== undefined) turnedAway.push({ wish, by });
      continue;
    }
    standing.set(key, { set: merged, resources: united(same?.resources ?? [], wish.resources) });
  }
  return { standing: [...standing.values()], turnedAway };
}

/** Union of two lists of resources. */
export function united(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])].sort(compareText);
}

/** Whether two sets are one and the same. */
export function sameSet(a: RecordSet, b: RecordSet): boolean {
  return a === b || (a.ttlSeconds === b.ttlSeconds && sameButTtl(a, b));
}

/** Zones have tens of thousands of sets, almost all of them plain: text is made of the rare fields only. */
function sameButTtl(a: RecordSet, b: RecordSet): boolean {
  if (a.name !== b.name || a.type !== b.type || a.setIdentifier !== b.setIdentifier) return false;
  if (a.values.length !== b.values.length || a.values.some((value, index) => value !== b.values[index])) return false;
  if (a.healthCheckId !== b.healthCheckId) return false;
  return isBare(a) && isBare(b) ? true : rareFields(a) === rareFields(b);
}

function isBare(set: RecordSet): boolean {
  return set.policy === null && set.alias === null && set.properties.length === 0;
}

function rareFields({ policy, alias, properties }: RecordSet): string {
  return canonicalJson({ policy, alias, properties });
}

function isPlainAddress(set: RecordSet): boolean {
  const isAddress = set.type === "A" || set.type === "AAAA";
  return isAddress && isBare(set) && set.healthCheckId === null;
}

function shorter(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
