/** How far a snapshot has come: edges by the generation that they serve, and which of them lag. */
import { compareText } from "./match-route.ts";
import type { Version } from "./model.ts";
import type { EdgeStatus, StatusReport } from "./status.ts";

export interface EdgeRollout extends EdgeStatus {
  /** `silent`: it has not reported for so long that nobody knows what it serves. */
  readonly state: "current" | "behind" | "silent";
  /** Generations between what it serves and what is published; null across epochs, where they cannot be counted. */
  readonly behind: number | null;
}

export interface Rollout {
  readonly nowMs: number;
  readonly snapshot: StatusReport["snapshot"];
  /** Newest generation first, then by name. */
  readonly edges: readonly EdgeRollout[];
  readonly current: number;
  readonly behind: number;
  readonly silent: number;
  /** At least as many edges as were asked for serve what is published, and none of those that report lags. */
  readonly isDone: boolean;
}

/** Isolates report every minute; three reports that were lost are a silence. */
const SILENT_MS = 180_000;

export interface RolloutGoal {
  /** So many edges at least have to serve what is published. */
  readonly least: number;
  /** What is published has to be newer than this: the change may not have reached control yet. */
  readonly after: Version | null;
}

/** Pure. */
export function rolloutOf({ nowMs, snapshot, edges }: StatusReport, { least, after }: RolloutGoal): Rollout {
  const judged = edges.map((edge) => judge(edge, snapshot)).sort(newestFirst);
  const count = (state: EdgeRollout["state"]): number => judged.filter((one) => one.state === state).length;
  const [current, behind, silent] = [count("current"), count("behind"), count("silent")];
  const isNewer = snapshot !== null && (after === null || isAfter(snapshot, after));
  const isDone = isNewer && behind === 0 && current >= least;
  return { nowMs, snapshot, edges: judged, current, behind, silent, isDone };
}

function judge(edge: EdgeStatus, snapshot: StatusReport["snapshot"]): EdgeRollout {
  const isSameEpoch = snapshot !== null && edge.epoch === snapshot.epoch;
  // An edge that knows a newer one than control (a store that was set back) serves nothing that control published.
  const isCurrent = isSameEpoch && edge.generation === snapshot.generation;
  const state = edge.silentMs > SILENT_MS ? "silent" : isCurrent ? "current" : "behind";
  return { ...edge, state, behind: isSameEpoch ? snapshot.generation - edge.generation : null };
}

function isAfter(a: Version, b: Version): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.generation > b.generation);
}

function newestFirst(a: EdgeRollout, b: EdgeRollout): number {
  return b.epoch - a.epoch || b.generation - a.generation || compareText(a.edge, b.edge);
}
