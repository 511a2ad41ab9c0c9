/** What is remembered of who asked for names, and the world that it is compared with. */
import type { Snapshot } from "../model.ts";
import type { Observation } from "../objects.ts";
import type { PodUse } from "./observed-pods.ts";

/** A Service in a cluster at a place. */
export interface AskedMember {
  /** `namespace/name` */
  readonly service: string;
  readonly cluster: string;
  /** Which names it asks for: of its addresses, of its pods, or those of an exported Service. */
  readonly use: "addresses" | PodUse;
  readonly region: string | null;
  readonly zones: readonly string[];
  readonly seenMs: number;
  /** Somebody was seen taking it away. */
  readonly isGone: boolean;
}

export interface AskedHost {
  readonly host: string;
  readonly seenMs: number;
}

export interface AskedCluster {
  readonly cluster: string;
  readonly seenMs: number;
  readonly isGone: boolean;
}

/** Sorted lists, so that equal memories have equal text. */
export interface AskedMemory {
  readonly format: 1;
  readonly hosts: readonly AskedHost[];
  readonly members: readonly AskedMember[];
  readonly clusters: readonly AskedCluster[];
}

export const NOTHING_ASKED: AskedMemory = { format: 1, hosts: [], members: [], clusters: [] };

export interface AskedWorld {
  readonly snapshot: Snapshot;
  readonly config: Observation;
  readonly clusters: readonly Observation[];
  /** Whether the snapshot is what control published: hosts that vanished without an explanation are still in it. */
  readonly isJudged: boolean;
  readonly nowMs: number;
}
