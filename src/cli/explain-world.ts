/** The world of an explanation: manifests compiled as control would, health as it looks from the files. */
import { compile } from "../core/compile/compile.ts";
import type { Places } from "../core/geo/client-location.ts";
import { KNOWN_COUNTRIES } from "../core/geo/countries.ts";
import { namedClient } from "../core/geo/named-client.ts";
import { overrideTable } from "../core/geo/override-table.ts";
import { timeZonePoint } from "../core/geo/time-zones.ts";
import { vantageOf } from "../core/geo/vantage.ts";
import { type HealthView, healthView } from "../core/health/view.ts";
import type { Circumstances } from "../core/decision.ts";
import type { GeoPoint, Snapshot } from "../core/model.ts";
import type { Problem } from "../core/objects.ts";
import { allPolicies } from "../core/all-policies.ts";
import { buildRoutingTable, type RoutingTable } from "../core/routing-table.ts";
import type { CliDeps } from "./deps.ts";
import { Failure } from "./failure.ts";
import { nearestWord } from "./nearest-word.ts";
import { problemText } from "./problem-text.ts";

const PLACES: Places = { zonePoint: timeZonePoint, countries: KNOWN_COUNTRIES };

export interface ExplainOptions {
  readonly from: string;
  readonly geoip: string | null;
  /** Where the client is, whatever its address says. */
  readonly at: GeoPoint | null;
  /** The edge's own place. */
  readonly location: GeoPoint | null;
  readonly down: readonly string[];
  readonly allowPrivateOrigins: boolean;
}

export interface ExplainWorld {
  /** What its owners should know of the manifests; none of it stops an explanation. */
  readonly problems: readonly Problem[];
  readonly table: RoutingTable;
  readonly health: HealthView;
  /** For a client given as an address or a country code; class `invalid` when it is neither. */
  readonly circumstances: (client: string | null) => Circumstances;
}

/** Loads, compiles, and takes the named clusters down. Fails when the manifests have errors. */
export async function explainWorld(deps: CliDeps, options: ExplainOptions): Promise<ExplainWorld> {
  const tree = await deps.loadTree(options.from);
  const nowMs = 0;
  const { allowPrivateOrigins } = options;
  const compiled = compile({ ...tree, previous: null, allowPrivateOrigins, nowMs });
  const errors = [...tree.config.problems, ...tree.clusters.flatMap((one) => one.problems)].filter(
    (one) => one.severity === "error",
  );
  if (errors.length > 0) {
    throw new Failure(errors.map(problemText).join("\n"), `portolan validate -f ${options.from}`);
  }
  const overlay = {
    observedAtMs: nowMs,
    validForMs: 1,
    clusters: [],
    backends: compiled.counts,
    origins: [],
    verdicts: [],
    roundTrips: [],
    offered: [],
    events: [],
  };
  const health = healthView(overlay, new Map(), downClusters(options.down, compiled.snapshot));
  const overrides = overrideTable(compiled.snapshot.locationOverrides);
  const locator = options.geoip === null ? null : await deps.openLocator(options.geoip);
  return {
    problems: compiled.problems.filter((problem) => problem.severity === "error"),
    table: buildRoutingTable(compiled.snapshot, allPolicies),
    health,
    circumstances(client) {
      const who = namedClient({ client, at: options.at }, { overrides, locator, ...PLACES });
      const { location } = who;
      const vantage = vantageOf({ own: options.location, place: null, location, places: PLACES });
      return { client: who, vantage, nowMs, pins: [], offered: null, seed: 0 };
    },
  };
}

function downClusters(names: readonly string[], snapshot: Snapshot): ReadonlyMap<string, string> {
  const known = snapshot.clusters.map((cluster) => cluster.name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = nearestWord(name, known) ?? known[0] ?? "CLUSTER";
    throw new Failure(
      `Cannot take "${name}" down: there is no such cluster, only ${known.join(", ") || "none"}`,
      `--down ${near}`,
    );
  }
  return new Map(names.map((name) => [name, "down, because you said so with --down"]));
}
