/** What a change of configuration would move: the same requests decided by both, and where they would go. */
import type { Decision } from "./decision.ts";
import { compareText } from "./match-route.ts";

/** Requests of one host and country that go somewhere else. */
export interface Move {
  readonly host: string;
  /** ISO code, null where nobody knows. */
  readonly country: string | null;
  /** Cluster, or `404`, `503`, `respond 503` … for what is not forwarded. */
  readonly from: string;
  readonly to: string;
  readonly requests: number;
  /** Mean change of the cost in ms, negative for the better; null where one side has no cost. */
  readonly costMs: number | null;
}

export interface DiffReport {
  readonly requests: number;
  readonly moved: number;
  /** Requests that were forwarded and no longer are, and the other way round. */
  readonly lost: number;
  readonly gained: number;
  /** Sums over the moved requests in ms: how much nearer, how much farther. */
  readonly savedMs: number;
  readonly addedMs: number;
  /** Most requests first. */
  readonly moves: readonly Move[];
}

export interface DiffTally {
  add(request: { readonly host: string; readonly country: string | null }, before: Decision, after: Decision): void;
  report(): DiffReport;
}

interface Row {
  readonly host: string;
  readonly country: string | null;
  readonly from: string;
  readonly to: string;
  requests: number;
  costUs: number | null;
}

/** Counts while requests come in; memory grows with the distinct moves, not with the requests. */
export function diffTally(): DiffTally {
  const rows = new Map<string, Row>();
  const sums = { requests: 0, moved: 0, lost: 0, gained: 0, savedUs: 0, addedUs: 0 };
  return {
    add({ host, country }, before, after) {
      sums.requests += 1;
      const [from, to] = [destination(before), destination(after)];
      if (from === to) return;
      sums.moved += 1;
      if (before.action === "forward" && after.action !== "forward") sums.lost += 1;
      if (before.action !== "forward" && after.action === "forward") sums.gained += 1;
      const costUs = costChange(before, after);
      if (costUs !== null && costUs < 0) sums.savedUs -= costUs;
      if (costUs !== null && costUs > 0) sums.addedUs += costUs;
      const key = JSON.stringify([host, country, from, to]);
      const row = rows.get(key) ?? { host, country, from, to, requests: 0, costUs: costUs === null ? null : 0 };
      rows.set(key, row);
      row.requests += 1;
      row.costUs = row.costUs === null || costUs === null ? null : row.costUs + costUs;
    },
    report() {
      const { savedUs, addedUs, ...counts } = sums;
      const moves = [...rows.values()].map(toMove).sort(compareMoves);
      return { ...counts, savedMs: savedUs / 1000, addedMs: addedUs / 1000, moves };
    },
  };
}

function destination(decision: Decision): string {
  if (decision.action === "forward") return decision.candidates[0]?.cluster ?? "nowhere";
  if (decision.action === "reject") return String(decision.status);
  return `${decision.action} ${decision.status}`;
}

function costChange(before: Decision, after: Decision): number | null {
  if (before.action !== "forward" || after.action !== "forward") return null;
  const [was, is] = [before.candidates[0], after.candidates[0]];
  if (was === undefined || is === undefined || was.basis === "none" || is.basis === "none") return null;
  return is.costUs - was.costUs;
}

function toMove({ costUs, requests, ...row }: Row): Move {
  return { ...row, requests, costMs: costUs === null ? null : Math.round(costUs / requests / 100) / 10 };
}

function compareMoves(a: Move, b: Move): number {
  return (
    b.requests - a.requests ||
    compareText(a.host, b.host) ||
    compareText(a.country ?? "", b.country ?? "") ||
    compareText(a.from, b.from) ||
    compareText(a.to, b.to)
  );
}
