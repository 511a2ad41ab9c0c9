/** A second connection beside a slow one: whoever connects first gets the request. Decided here, purely. */
import { MAX_OTHER_CLUSTERS, type RetryFacts } from "./retry.ts";

/** Longest wait for a connection, and the shortest where somebody else could be tried instead. */
const CONNECT_MS = 1000;
const SHORTEST_CONNECT_MS = 250;
/** TCP and TLS take three round-trips; the rest is a lost packet's patience. */
const ROUND_TRIPS_TO_CONNECT = 4;

/**
 * How long to wait for a connection before the second candidate is tried. Where there is one, a few round-trips are
 * enough; `costUs` is the candidate's. Nothing was sent then, so this holds for any method (DESIGN.md rule 6).
 */
export function connectPatienceMs(costUs: number, hasNext: boolean): number {
  if (!hasNext) return CONNECT_MS;
  const expected = Math.ceil((ROUND_TRIPS_TO_CONNECT * costUs) / 1000);
  return Math.min(CONNECT_MS, Math.max(SHORTEST_CONNECT_MS, expected));
}

export type ConnectRace =
  | { readonly race: "wait"; readonly untilMs: number }
  /** Connect to the next candidate too; the first connection gets the request, the other is closed unused. */
  | { readonly race: "start"; readonly candidate: number }
  | { readonly race: "none"; readonly reason: string };

/**
 * Whether a second connection is opened beside one that is slow: never before the patience is over, never when a byte
 * may have been sent, never in a storm, and only one.
 */
export function connectRace(
  facts: Pick<RetryFacts, "candidates" | "budgetLeft" | "storm" | "isFull">,
  connecting: {
    readonly candidate: number;
    readonly forMs: number;
    readonly connected: boolean;
    readonly racing: boolean;
  },
): ConnectRace {
  if (connecting.connected) return { race: "none", reason: "it is connected" };
  if (connecting.racing) return { race: "none", reason: "a second connection is on its way" };
  const next = connecting.candidate + 1;
  const first = facts.candidates[connecting.candidate];
  if (first === undefined || next >= facts.candidates.length || next > MAX_OTHER_CLUSTERS) {
    return { race: "none", reason: "no further candidate" };
  }
  if (facts.isFull?.(next, 0) === true) return { race: "none", reason: "the next candidate is at its limit" };
  if (facts.storm === true || !facts.budgetLeft) return { race: "none", reason: "too many requests are being retried" };
  const untilMs = connectPatienceMs(first.costUs, true);
  return connecting.forMs < untilMs ? { race: "wait", untilMs } : { race: "start", candidate: next };
}
