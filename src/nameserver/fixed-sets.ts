/** Sets of the served zones that are the same for everybody: federated Services and origins, as `core/dns` wants them. */
import { desiredDns } from "../core/dns/desired.ts";
import type { DnsCapabilities, RecordSet } from "../core/dns/records.ts";
import type { HealthOverlay } from "../core/health/model.ts";
import type { Snapshot } from "../core/model.ts";

export interface FixedOptions {
  readonly zones: readonly string[];
  /** Name of the federation and suffix of its names; null for none. */
  readonly federation: { readonly name: string; readonly suffix: string } | null;
  readonly originSuffix: string | null;
  readonly ttl: number;
}

export interface FixedInput {
  readonly snapshot: Snapshot;
  readonly health: HealthOverlay | null;
  readonly nowMs: number;
  /** What was served before: the answer of names that nobody can say anything about now (DESIGN.md rule 4). */
  readonly before: ReadonlyMap<string, readonly RecordSet[]>;
}

/** We answer what we hold: one lone set per name and type is all there is. */
const CAPABILITIES: DnsCapabilities = {
  provider: "Portolan's name server",
  atomicity: "change",
  fence: "exact",
  policies: [],
  bias: false,
  geolocation: { continent: false, country: false, subdivision: false },
  healthChecks: false,
  alias: false,
  minTtlSeconds: 0,
  maxValues: 100,
};

/** Sets by zone name. */
export function fixedSets(input: FixedInput, options: FixedOptions): ReadonlyMap<string, readonly RecordSet[]> {
  const wanted = wantedSets(input, options);
  const unknown = wanted.some((zone) => zone.keep.length > 0);
  // Before anything was served, unknown counts as healthy.
  const otherwise = unknown ? wantedSets({ ...input, health: null }, options) : [];
  return new Map(
    wanted.map(({ zone, sets, keep }, index) => {
      const held = keep.flatMap((name) => {
        const old = input.before.get(zone.name)?.filter((set) => set.name === name) ?? [];
        if (old.length > 0) return old;
        return otherwise[index]?.sets.flatMap(({ set }) => (set.name === name ? [set] : [])) ?? [];
      });
      return [zone.name, [...sets.map(({ set }) => set), ...held]];
    }),
  );
}

function wantedSets(
  { snapshot, health, nowMs }: FixedInput,
  { zones, federation, originSuffix, ttl }: FixedOptions,
): ReturnType<typeof desiredDns>["zones"] {
  return desiredDns({
    snapshot,
    health,
    config: {
      zones: zones.map((name) => ({ zone: { name, visibility: "public", id: name }, capabilities: CAPABILITIES })),
      federation: federation === null ? null : { ...federation, visibility: "public" },
      originSuffix,
      edges: [],
      ttlSeconds: ttl,
    },
    resolved: new Map(),
    observed: [],
    extra: [],
    mayLead: () => "yes",
    nowMs,
  }).zones;
}
