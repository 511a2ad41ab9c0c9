import { describe, expect, it } from "vitest";
import { compile } from "../../src/core/compile/compile.ts";
import { declareHttpRoute } from "../../src/core/compile/http-route.ts";
import { mergeRoutes } from "../../src/core/compile/merge.ts";
import { DEFAULT_POLICY } from "../../src/core/steering/policy.ts";
import { decide } from "../../src/core/decide.ts";
import { healthView } from "../../src/core/health/view.ts";
import type { HostRoutes, Snapshot } from "../../src/core/model.ts";
import type { IngressPath, Observation } from "../../src/core/objects.ts";
import { allPolicies } from "../../src/core/all-policies.ts";
import { buildRoutingTable, type RoutingTable } from "../../src/core/routing-table.ts";
import { cluster, ingress, meta, observation, service } from "../build/objects.ts";
import { circumstancesAt, request } from "../build/world.ts";
import { sharedCases } from "./shared.ts";

interface CasePath {
  readonly path: string;
  readonly pathType: IngressPath["pathType"];
  readonly backend: string;
}

interface CaseIngress {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly created: string;
  readonly rules: readonly { readonly host?: string; readonly paths: readonly CasePath[] }[];
  readonly defaultBackend?: string;
}

interface CaseMatch {
  readonly path?: { readonly type: "Exact" | "PathPrefix"; readonly value: string };
  readonly method?: string;
  readonly headers?: readonly { readonly name: string; readonly value: string }[];
  readonly queryParams?: readonly { readonly name: string; readonly value: string }[];
}

interface CaseRoute {
  readonly namespace: string;
  readonly name: string;
  readonly created: string;
  readonly hostnames: readonly string[];
  readonly listeners?: readonly string[];
  readonly rules: readonly { readonly matches: readonly CaseMatch[]; readonly backend: string }[];
}

type Ruleset =
  | { readonly kind: "ingress"; readonly ingresses: readonly CaseIngress[] }
  | {
      readonly kind: "httproute";
      readonly listeners: readonly { readonly name: string; readonly hostname?: string }[];
      readonly routes: readonly CaseRoute[];
    };

interface Cases {
  readonly rulesets: Readonly<Record<string, Ruleset>>;
  readonly cases: readonly {
    readonly id: string;
    readonly ruleset: string;
    readonly request: {
      readonly method: string;
      readonly host: string;
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
    };
    readonly expect: {
      readonly backend: string | null;
      readonly status?: number;
      readonly forward_path?: string;
      readonly clusters?: readonly string[];
    };
  }[];
}

const { rulesets, cases } = sharedCases<Cases>("path_matching.json");
const tables = new Map(Object.entries(rulesets).map(([name, ruleset]) => [name, tableOf(ruleset)]));

function tableOf(ruleset: Ruleset): RoutingTable {
  return buildRoutingTable(
    ruleset.kind === "ingress" ? ingressSnapshot(ruleset.ingresses) : routeSnapshot(ruleset),
    allPolicies,
  );
}

function ingressSnapshot(list: readonly CaseIngress[]): Snapshot {
  const names = [...new Set(list.map((one) => one.cluster))];
  const clusters = names.map((name): Observation => {
    const held = list.filter((one) => one.cluster === name);
    const backends = held.flatMap((one) => [
      ...one.rules.flatMap((rule) => rule.paths.map((path) => ({ namespace: one.namespace, name: path.backend }))),
      ...(one.defaultBackend === undefined ? [] : [{ namespace: one.namespace, name: one.defaultBackend }]),
    ]);
    return observation(name, {
      ingresses: held.map(toIngress),
      services: backends.map((backend) => service(short(backend.name), { namespace: backend.namespace })),
    });
  });
  const config = observation(null, { clusters: names.map((name) => cluster(name)) });
  return compile({ config, clusters, previous: null, allowPrivateOrigins: false, nowMs: 0 }).snapshot;
}

function toIngress(one: CaseIngress) {
  return ingress(one.name, {
    meta: { namespace: one.namespace, createdMs: Date.parse(one.created) },
    defaultBackend: one.defaultBackend === undefined ? null : { service: one.defaultBackend, port: "80" },
    rules: one.rules.map((rule) => ({
      host: rule.host ?? "",
      paths: rule.paths.map(({ path, pathType, backend }) => ({
        path,
        pathType,
        backend: { service: short(backend), port: "80" },
      })),
    })),
  });
}

/** The cases write some backends as `namespace/service`. */
function short(backend: string): string {
  return backend.slice(backend.indexOf("/") + 1);
}

function routeSnapshot({ listeners, routes }: Extract<Ruleset, { kind: "httproute" }>): Snapshot {
  const declarations = routes.flatMap((route) =>
    declareHttpRoute(
      {
        meta: meta("HTTPRoute", route.name, { namespace: route.namespace, createdMs: Date.parse(route.created) }),
        hostnames: route.hostnames,
        listenerHostnames: listeners
          .filter((listener) => route.listeners === undefined || route.listeners.includes(listener.name))
          .map((listener) => listener.hostname ?? ""),
        rules: route.rules.map((rule) => ({
          matches: rule.matches.map((match) => ({
            path: match.path ?? null,
            method: match.method ?? null,
            headers: match.headers ?? [],
            query: match.queryParams ?? [],
          })),
          backends: [{ service: `default/${rule.backend}/80`, weight: 1 }],
        })),
      },
      "c1",
    ),
  );
  const hosts = [...new Set(declarations.map((one) => one.host))].map((host): HostRoutes => {
    const { routes: merged, sources } = mergeRoutes(declarations.filter((one) => one.host === host));
    const keys = new Set(merged.flatMap((route) => route.backends.map((backend) => backend.service)));
    const services = [...keys].map((key) => ({
      service: key,
      backends: [{ cluster: "c1", origins: null }],
      healthCheck: null,
    }));
    return { host, owner: "default", routes: merged, services, policy: DEFAULT_POLICY, sources };
  });
  const config = observation(null, { clusters: [cluster("c1")] });
  const base = compile({ config, clusters: [], previous: null, allowPrivateOrigins: false, nowMs: 0 }).snapshot;
  return { ...base, hosts };
}

describe("shared cases: path_matching", () => {
  it.each(cases.map((one) => [one.id, one] as const))("%s", (_id, one) => {
    const table = tables.get(one.ruleset);
    if (table === undefined) throw new Error(`no ruleset ${one.ruleset}`);
    const headers = Object.entries(one.request.headers).map(([name, value]) => [name.toLowerCase(), value] as const);
    const facts = request(one.request.host, one.request.path, { method: one.request.method, headers });
    const decision = decide(table, healthView(null, new Map()), facts, circumstancesAt(null));
    const wanted = one.expect;
    if (wanted.backend === null) {
      expect(decision).toMatchObject({ action: "reject", status: wanted.status });
      return;
    }
    if (decision.action !== "forward") throw new Error(`not forwarded: ${JSON.stringify(decision)}`);
    const { namespace, service: name } = decision.route;
    expect(wanted.backend.includes("/") ? `${namespace}/${name}` : name).toBe(wanted.backend);
    if (wanted.forward_path !== undefined) expect(decision.forwardPath).toBe(wanted.forward_path);
    if (wanted.clusters !== undefined) {
      expect(decision.candidates.map((candidate) => candidate.cluster).sort()).toEqual([...wanted.clusters].sort());
    }
  });
});
