/** The world of the moment, and nothing made anew that is still true: most of what an edge reads is what it had. */
import type { RecordSet } from "../core/dns/records.ts";
import type { HealthOverlay } from "../core/health/model.ts";
import type { HealthView } from "../core/health/view.ts";
import type { Snapshot } from "../core/model.ts";
import { edgeHealth, edgeSnapshot, type NamedEdge } from "./edges.ts";
import { type FixedOptions, fixedSets } from "./fixed-sets.ts";
import { type NameWorld, nameWorld } from "./world.ts";
import type { NameServer } from "./zone.ts";

export interface CurrentWorldOptions extends FixedOptions {
  readonly nameServers: readonly NameServer[];
  /** Where hosts lead to; with none, to clusters. */
  readonly edges: readonly NamedEdge[];
}

/** What is known now. Snapshot and `down` are compared by identity. */
export interface NameFacts {
  readonly snapshot: Snapshot;
  readonly publishedAtMs: number;
  readonly overlay: HealthOverlay | null;
  /** Clusters' health. Its ejections change in place. */
  readonly health: HealthView;
  /** Edges that are down; null where names lead to clusters. */
  readonly down: ReadonlyMap<string, string> | null;
  readonly nowMs: number;
}

/** Keeps the last world and what it was made from. */
export function currentWorld(options: CurrentWorldOptions): (facts: NameFacts) => NameWorld {
  const { zones, nameServers, ttl, edges } = options;
  let world: NameWorld | null = null;
  let made: { readonly facts: NameFacts; readonly ejections: number } | null = null;
  let sets: ReadonlyMap<string, readonly RecordSet[]> = new Map();
  let setsText = "";
  return (facts) => {
    const { snapshot, overlay, down, health } = facts;
    const isSameSnapshot = made?.facts.snapshot === snapshot && made.facts.publishedAtMs === facts.publishedAtMs;
    // An edge reads its overlay again and again: the same text in another object.
    const isSameOverlay = made !== null && made.facts.overlay?.observedAtMs === overlay?.observedAtMs;
    const isSameHealth = isSameOverlay && made?.ejections === health.ejections.size && made.facts.down === down;
    if (world !== null && isSameSnapshot && isSameHealth) return world;
    const seen = down === null ? health : edgeHealth(down);
    let isSameSets = isSameSnapshot && isSameOverlay;
    if (!isSameSets) {
      sets = fixedSets({ snapshot, health: overlay, nowMs: facts.nowMs, before: sets }, options);
      const text = JSON.stringify([...sets]);
      isSameSets = isSameSnapshot && text === setsText;
      setsText = text;
    }
    if (world === null || !isSameSets) {
      const serial = Math.floor(facts.publishedAtMs / 1000) >>> 0;
      const led = down === null ? snapshot : edgeSnapshot(snapshot, edges);
      world = nameWorld({ snapshot: led, health: seen, zones, nameServers, serial, ttl, sets });
    } else world = { ...world, health: seen };
    made = { facts, ejections: health.ejections.size };
    return world;
  };
}
