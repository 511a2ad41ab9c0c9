/** Which pod gets the request, and which ones next if that fails. */
import type { Origin } from "../model.ts";
import type { Pod } from "./pod-table.ts";

export interface PodFacts {
  /** The gateway's own zone; null when it does not know it. */
  readonly zone: string | null;
  /** Counts up from request to request. */
  readonly seed: number;
  /** Requests that a pod has under way. */
  readonly inFlight: (origin: Origin) => number;
  /** When a pod's ejection ends, in ms since the epoch; 0 for one that is not ejected. */
  readonly ejectedUntilMs: (origin: Origin) => number;
  readonly nowMs: number;
}

/** The first try and what the retry policy may ask for: nobody looks at more. */
const MAX_CHOSEN = 3;

/**
 * At most three pods in the order in which they are tried: 1. its own zone, since other zones cost money and time;
 * 2. fewest requests under way; 3. by turns, so that equal pods share. Ejected ones are left out.
 */
export function choosePods(pods: readonly Pod[], facts: PodFacts): readonly Origin[] {
  const usable = withoutEjected(pods, facts);
  const count = usable.length;
  const chosen: Ranked[] = [];
  for (let index = 0; index < count; index += 1) {
    const pod = usable[(index + (facts.seed >>> 0)) % count];
    if (pod === undefined) continue;
    const isNear = facts.zone === null || pod.zone === facts.zone;
    const ranked = { origin: pod.origin, far: isNear ? 0 : 1, load: facts.inFlight(pod.origin) };
    insert(chosen, ranked);
  }
  return chosen.map(({ origin }) => origin);
}

interface Ranked {
  readonly origin: Origin;
  readonly far: number;
  readonly load: number;
}

/** Keeps the best, in order; of equal ones the earlier stays in front. */
function insert(chosen: Ranked[], ranked: Ranked): void {
  let at = chosen.length;
  for (; at > 0; at -= 1) {
    const other = chosen[at - 1];
    if (other === undefined || !isBefore(ranked, other)) break;
  }
  if (at < MAX_CHOSEN) chosen.splice(at, 0, ranked);
  if (chosen.length > MAX_CHOSEN) chosen.pop();
}

function isBefore(a: Ranked, b: Ranked): boolean {
  return a.far < b.far || (a.far === b.far && a.load < b.load);
}

/**
 * Ejections count for at most half of the pods, those that end last first: when most pods look bad, doubt the checker
 * (DESIGN.md rule 9). Of one pod half is none, so the last one is never left out.
 */
function withoutEjected(pods: readonly Pod[], { ejectedUntilMs, nowMs }: PodFacts): readonly Pod[] {
  const ejected = pods.filter(({ origin }) => ejectedUntilMs(origin) > nowMs);
  if (ejected.length === 0) return pods;
  const most = Math.floor(pods.length / 2);
  const out = new Set(ejected.sort((a, b) => ejectedUntilMs(b.origin) - ejectedUntilMs(a.origin)).slice(0, most));
  return pods.filter((pod) => !out.has(pod));
}
