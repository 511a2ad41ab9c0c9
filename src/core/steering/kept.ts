/**
 * What the decisions of one backend have in common from one place under one health: its order up to the clients' own
 * draws, and its candidates. Entries lie in a table of fixed size and name all that they were made from: a memo, seen
 * only as time.
 */
import type { Candidate } from "../decision.ts";
import type { Prepared } from "../prepared.ts";
import type { Verdicts } from "../verdict.ts";
import type { Ranking } from "./ranking.ts";
import type { Draws } from "./steered.ts";
import type { Step } from "./trace.ts";

export interface Kept {
  readonly prepared: Prepared;
  readonly verdicts: Verdicts;
  readonly ranking: Ranking;
  /** Which filling of the ranking; it is filled anew when costs change. */
  readonly made: number;
  /** By member, then by the origin that comes first. */
  readonly candidates: (Candidate[] | undefined)[];
  /** What an explanation says about the cost of each member. */
  readonly costs: (Step | undefined)[];
  /** For everybody, for either side of a canary, and for those that hold a choice. */
  readonly draws: (Draws | undefined)[];
}

/** By place: at most 8,192 entries of one or two kilobytes each at 100 clusters; another backend takes the place of one. */
export type KeptTable = (Kept | undefined)[];

const PLACES = 8192;

/** A table in which nothing is kept. */
export function newKeptTable(): KeptTable {
  return Array<Kept | undefined>(PLACES);
}

/** The entry for a backend as health and a ranking have it now. */
export function keptFor(table: KeptTable, prepared: Prepared, verdicts: Verdicts, ranking: Ranking): Kept {
  const at = (Math.imul(prepared.number, 0x9e3779b1) + Math.imul(ranking.number, 0x85ebca6b)) >>> 19;
  const known = table[at];
  if (
    known !== undefined &&
    known.prepared === prepared &&
    known.verdicts === verdicts &&
    known.ranking === ranking &&
    known.made === ranking.made
  ) {
    return known;
  }
  const kept: Kept = { prepared, verdicts, ranking, made: ranking.made, candidates: [], costs: [], draws: [] };
  table[at] = kept;
  return kept;
}
