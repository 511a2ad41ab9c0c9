import { describe, expect, it } from "vitest";
import { compile } from "../../../src/core/compile/compile.ts";
import type { IngressObject, LoadBalancerAddress, Observation } from "../../../src/core/objects.ts";
import { planWriteBack, type WriteBackInput, type WriteBackPlan } from "../../../src/core/write-back/plan.ts";
import { cluster, ingress, ingressClass, observation, rule, service, slice } from "../../build/objects.ts";

const EDGE: LoadBalancerAddress = { ip: null, hostname: "edge.example.org" };
const OTHER: LoadBalancerAddress = { ip: "192.0.2.9", hostname: null };
const live = (name: string, more: Parameters<typeof ingress>[1] = {}) =>
  ingress(name, {
    className: "portolan",
    rules: [rule(`${name}.example.org`, "/", "web")],
    ...more,
    meta: { apiVersion: "networking.k8s.io/v1", uid: `uid-${name}`, ...more.meta },
  });

function plan(ingresses: readonly IngressObject[], more: Partial<WriteBackInput> = {}): WriteBackPlan {
  const config = observation(null, { clusters: [cluster("us")] });
  const us: Observation = observation("us", {
    ingresses,
    ingressClasses: [ingressClass("portolan", "portolan.dev/edge")],
    services: [service("web")],
    endpointSlices: [slice("web", ["192.0.2.1"])],
  });
  const observed = more.observed ?? [config, us];
  const [first = config, ...rest] = observed;
  const compiled = compile({ config: first, clusters: rest, previous: null, allowPrivateOrigins: true, nowMs: 0 });
  return planWriteBack({
    snapshot: compiled.snapshot,
    problems: compiled.problems,
    clusters: [],
    readyCounts: [],
    edgeAddresses: [EDGE],
    mayWrite: () => true,
    waitsFor: () => null,
    ...more,
    observed,
  });
}

describe("planWriteBack()", () => {
  it("gives a served direct Ingress the edges' addresses, once", () => {
    const { statuses } = plan([live("a"), live("b", { loadBalancer: [EDGE] })]);
    expect(statuses).toEqual([
      {
        cluster: "us",
        kind: "Ingress",
        apiVersion: "networking.k8s.io/v1",
        namespace: "default",
        name: "a",
        uid: "uid-a",
        addresses: [EDGE],
      },
    ]);
  });

  it("gives no first address while a host waits for an edge, and takes none away", () => {
    const waitsFor = (host: string) =>
      host === "a.example.org" || host === "b.example.org" ? "its certificate" : null;
    const { statuses } = plan([live("a"), live("b", { loadBalancer: [EDGE] }), live("c")], { waitsFor });
    expect(statuses.map(({ name, addresses }) => [name, addresses])).toEqual([["c", [EDGE]]]);
  });

  it("gives its own addresses up when nothing of the Ingress is served any more, never another's", () => {
    const lost = { meta: { createdMs: 2, namespace: "other" }, rules: [rule("a.example.org", "/x", "web")] };
    const { statuses, events } = plan([
      live("a", { meta: { createdMs: 1 }, loadBalancer: [EDGE] }),
      live("mine", { ...lost, loadBalancer: [EDGE] }),
      live("theirs", { ...lost, loadBalancer: [OTHER] }),
    ]);
    expect(statuses.map(({ name, addresses }) => [name, addresses])).toEqual([["mine", []]]);
    expect(events.map(({ name, type, reason }) => [name, type, reason])).toEqual([
      ["mine", "Warning", "HostConflict"],
      ["theirs", "Warning", "HostConflict"],
    ]);
  });

  it("tells an adopted Ingress by Events alone, and a foreign one nothing", () => {
    const adopted = live("b", {
      className: "nginx",
      rules: [rule("a.example.org", "/b", "web")],
      meta: { createdMs: 2, namespace: "other", annotations: { "portolan.dev/adopt": "true" } },
    });
    const foreign = live("c", { className: "nginx", rules: [rule("a.example.org", "/c", "web")] });
    const { statuses, events } = plan([live("a", { meta: { createdMs: 1 }, loadBalancer: [EDGE] }), adopted, foreign]);
    expect(statuses).toEqual([]);
    expect(new Set(events.map(({ name }) => name))).toEqual(new Set(["b"]));
  });

  it("writes nothing where it may not, where it cannot read, or when no edge has an address", () => {
    const empty = { statuses: [], events: [], conditions: [] };
    expect(plan([live("a")], { mayWrite: () => false })).toEqual(empty);
    expect(plan([live("a")], { edgeAddresses: [] }).statuses).toEqual([]);
    const config = observation(null, { clusters: [cluster("us")] });
    const gone = { ...observation("us", { ingresses: [live("a")] }), reachable: false };
    expect(plan([], { observed: [config, gone] })).toEqual(empty);
  });

  it("sets conditions on our own objects of a config cluster, none on those of files", () => {
    const withUid = (uid: string | null) => {
      const one = cluster("us");
      return observation(null, { clusters: [{ ...one, meta: { ...one.meta, kind: "Cluster", uid } }] });
    };
    const clusters: WriteBackInput["clusters"] = [
      {
        cluster: "us",
        locality: "gcp/us-east1",
        weight: 100,
        api: "unreachable",
        apiSinceMs: 1,
        apiCause: 'Cannot read cluster "us" since 2026-11-24T20:00:00.000Z: /readyz: no answer in time',
        data: "serving",
        dataCause: null,
      },
    ];
    const readyCounts = [
      { cluster: "us", ready: 1, total: 2 },
      { cluster: "us", ready: 2, total: 2 },
    ];
    expect(plan([], { observed: [withUid(null)], clusters }).conditions).toEqual([]);
    expect(plan([], { observed: [withUid("u")], clusters, readyCounts }).conditions).toMatchObject([
      {
        name: "us",
        status: {
          conditions: [
            { type: "Accepted", status: "True" },
            {
              type: "APIReachable",
              status: "False",
              reason: "Unreachable",
              message: 'Cannot read cluster "us": /readyz: no answer in time',
            },
            { type: "Serving", status: "True", reason: "Serving" },
          ],
          health: { api: "unreachable", data: "serving", backends: "3/4" },
        },
      },
    ]);
  });
});
