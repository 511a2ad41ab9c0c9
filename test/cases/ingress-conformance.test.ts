import { describe, expect, it } from "vitest";
import { compile } from "../../src/core/compile/compile.ts";
import { decide } from "../../src/core/decide.ts";
import { healthView } from "../../src/core/health/view.ts";
import type { Decision } from "../../src/core/decision.ts";
import type { IngressObject } from "../../src/core/objects.ts";
import { allPolicies } from "../../src/core/all-policies.ts";
import { buildRoutingTable } from "../../src/core/routing-table.ts";
import { readObject } from "../../src/kube/objects-from.ts";
import { cluster, observation, service } from "../build/objects.ts";
import { circumstancesAt, request } from "../build/world.ts";
import { sharedCases } from "./shared.ts";

interface Rule {
  readonly pathType: string;
  readonly path: string;
  readonly service: string;
}

interface Cases {
  readonly ingresses: Readonly<Record<string, unknown>>;
  readonly requestCases: readonly {
    readonly id: string;
    readonly ingress: string;
    readonly request: { readonly method: string; readonly host: string; readonly path: string };
    readonly expect: { readonly status: number; readonly servedBy?: string };
  }[];
  readonly otherCases: readonly { readonly id: string; readonly ingress?: string }[];
  readonly pathTable: readonly {
    readonly id: string;
    readonly rules: readonly Rule[];
    readonly requestPath: string;
    readonly expect: { readonly match: boolean; readonly service?: string };
  }[];
  readonly hostTable: readonly {
    readonly id: string;
    readonly ruleHost: string;
    readonly requestHost: string;
    readonly expect: { readonly match: boolean };
  }[];
  readonly specCases: readonly {
    readonly id: string;
    readonly spec: unknown;
    readonly request: { readonly host: string; readonly path: string };
    readonly expect: { readonly status?: number; readonly service?: string };
  }[];
}

const cases = sharedCases<Cases>("ingress_conformance.json");

function read(value: unknown): IngressObject {
  const { object, problems } = readObject(value, { strict: true, cluster: "c1" });
  if (object?.list !== "ingresses") throw new Error(`not an Ingress: ${JSON.stringify(problems)}`);
  return object.object;
}

function fromSpec(spec: unknown): IngressObject {
  return read({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata: { name: "i" }, spec });
}

function path({ pathType, path, service }: Rule): unknown {
  return { path, pathType, backend: { service: { name: service, port: { number: 80 } } } };
}

/** Every Service that the Ingress names, with every port that the cases use. */
function decideFor(ingress: IngressObject, host: string, target: string, method = "GET"): Decision {
  const backends = [ingress.defaultBackend, ...ingress.rules.flatMap((one) => one.paths.map((entry) => entry.backend))];
  const names = new Set(backends.flatMap((backend) => (backend === null ? [] : [backend.service])));
  const ports = [80, 4200, 8080].map((port) => ({
    name: port === 80 ? "http" : null,
    port,
    targetPort: "1",
    protocol: "TCP",
    appProtocol: null,
  }));
  const held = { ingresses: [ingress], services: [...names].map((name) => service(name, { ports })) };
  const config = observation(null, { clusters: [cluster("c1")] });
  const { snapshot } = compile({
    config,
    clusters: [observation("c1", held)],
    previous: null,
    allowPrivateOrigins: false,
    nowMs: 0,
  });
  return decide(
    buildRoutingTable(snapshot, allPolicies),
    healthView(null, new Map()),
    request(host, target, { method }),
    circumstancesAt(null),
  );
}

function serviceOf(decision: Decision): string | number {
  return decision.action === "forward"
    ? decision.route.service
    : decision.action === "reject"
      ? decision.status
      : decision.action;
}

describe("shared cases: ingress_conformance", () => {
  it.each(cases.requestCases.map((one) => [one.id, one] as const))("%s", (_id, one) => {
    // An empty host in the cases means "no Host override": the request goes to the published address itself.
    const host = one.request.host === "" ? "192.0.2.1" : one.request.host;
    const decision = decideFor(read(cases.ingresses[one.ingress]), host, one.request.path, one.request.method);
    expect(serviceOf(decision)).toBe(one.expect.servedBy ?? one.expect.status);
  });

  it.each(cases.pathTable.map((one) => [one.id, one] as const))("%s", (_id, one) => {
    const ingress = fromSpec({ rules: [{ host: "h.example", http: { paths: one.rules.map(path) } }] });
    expect(serviceOf(decideFor(ingress, "h.example", one.requestPath))).toBe(one.expect.service ?? 404);
  });

  it.each(cases.hostTable.map((one) => [one.id, one] as const))("%s", (_id, one) => {
    const ingress = fromSpec({
      rules: [{ host: one.ruleHost, http: { paths: [path({ path: "/", pathType: "Prefix", service: "s" })] } }],
    });
    expect(serviceOf(decideFor(ingress, one.requestHost, "/"))).toBe(one.expect.match ? "s" : 404);
  });

  it.each(cases.specCases.map((one) => [one.id, one] as const))("%s", (_id, one) => {
    expect(serviceOf(decideFor(fromSpec(one.spec), one.request.host, one.request.path))).toBe(
      one.expect.service ?? one.expect.status,
    );
  });

  it("an Ingress of an unknown class is not ours", () => {
    const named = cases.otherCases.find((one) => one.id === "ingress-class/invalid");
    const ingress = read(cases.ingresses[named?.ingress ?? ""]);
    expect(serviceOf(decideFor(ingress, "ingress-class", "/"))).toBe(404);
  });
});
