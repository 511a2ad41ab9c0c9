/** Declarations of one host → its routes: equal rules of several clusters become one, the rest is put in order. */
import { compareRoutes, compareText } from "../match-route.ts";
import type { ObjectSource, Route, RouteAsks } from "../model.ts";
import type { Problem } from "../objects.ts";
import { ASKS_NOTHING, bothAsk } from "../route-asks.ts";
import type { Declaration } from "./declaration.ts";
import { objectName, problemOf } from "./problem.ts";

/** Time for the head of an answer, all tries included: Envoy's route default. */
const DEFAULT_TIMEOUT_MS = 15_000;

export interface MergedRoutes {
  readonly routes: readonly Route[];
  readonly sources: readonly ObjectSource[];
  readonly problems: readonly Problem[];
}

interface Merging {
  readonly declaration: Declaration;
  createdMs: number;
  asks: RouteAsks;
  /** Null once a federated object declares the rule. */
  clusters: Set<string> | null;
}

/** Routes in order of precedence. A rule that can never win because an older one is equal is reported, not dropped silently. */
export function mergeRoutes(declarations: readonly Declaration[]): MergedRoutes {
  const merged = new Map<string, Merging>();
  const sources = new Map<string, ObjectSource>();
  for (const declaration of declarations) {
    const { source } = declaration;
    sources.set(`${source.cluster}/${source.kind}/${source.namespace}/${source.name}`, source);
    const key = ruleKey(declaration);
    const known = merged.get(key);
    if (known === undefined) {
      const clusters = declaration.cluster === null ? null : new Set([declaration.cluster]);
      const { createdMs } = declaration.meta;
      merged.set(key, { declaration, createdMs, asks: declaration.asks ?? ASKS_NOTHING, clusters });
      continue;
    }
    known.asks = bothAsk(known.asks, declaration.asks ?? ASKS_NOTHING);
    known.createdMs = Math.min(known.createdMs, declaration.meta.createdMs);
    if (declaration.cluster === null) known.clusters = null;
    else known.clusters?.add(declaration.cluster);
  }
  const rows = [...merged.values()].map((merging) => ({ merging, route: toRoute(merging) }));
  rows.sort((a, b) => compareRoutes(a.route, b.route));
  return {
    routes: rows.map((row) => row.route),
    sources: [...sources.values()].sort(compareSources),
    problems: shadowed(rows),
  };
}

/** Same object name, same condition, same backends: one rule that several clusters hold. */
function ruleKey(declaration: Declaration): string {
  const { kind, meta, backends } = declaration;
  return JSON.stringify([kind, meta.namespace, meta.name, conditionKey(declaration), backends]);
}

function conditionKey(declaration: Declaration): string {
  const { path, pathType, method, headers, query } = declaration;
  return JSON.stringify([pathType === null ? "default" : path.type, path.value, method, headers, query]);
}

function toRoute({ declaration, createdMs, asks, clusters }: Merging): Route {
  const holders = clusters === null ? null : [...clusters].sort(compareText);
  return {
    kind: declaration.kind,
    namespace: declaration.meta.namespace,
    name: declaration.meta.name,
    createdMs,
    path: declaration.path,
    pathType: declaration.pathType,
    method: declaration.method,
    headers: declaration.headers,
    query: declaration.query,
    backends: declaration.backends.map((backend) => ({ ...backend, clusters: holders })),
    timeoutMs: DEFAULT_TIMEOUT_MS,
    asks,
  };
}

function shadowed(rows: readonly { readonly merging: Merging; readonly route: Route }[]): Problem[] {
  const winners = new Map<string, Merging>();
  const problems: Problem[] = [];
  for (const { merging } of rows) {
    const { declaration, createdMs } = merging;
    const key = conditionKey(declaration);
    const winner = winners.get(key);
    if (winner === undefined) winners.set(key, merging);
    else if (declaration.pathType !== null) {
      const why = winner.createdMs < createdMs ? "is older" : "comes first by name, since neither is older";
      const message = `Cannot use the path ${declaration.path.value} of ${declaration.host}: ${objectName(winner.declaration.meta)} has the same rule and ${why}`;
      problems.push(problemOf("warning", "RuleConflict", declaration.cluster, declaration.meta, "spec.rules", message));
    }
  }
  return problems;
}

function compareSources(a: ObjectSource, b: ObjectSource): number {
  return (
    compareText(a.cluster ?? "", b.cluster ?? "") ||
    compareText(a.kind, b.kind) ||
    compareText(a.namespace, b.namespace) ||
    compareText(a.name, b.name)
  );
}
