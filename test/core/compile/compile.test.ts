import { describe, expect, it } from "vitest";
import { compile, type CompileResult } from "../../../src/core/compile/compile.ts";
import { RESERVATION_MS } from "../../../src/core/compile/ownership.ts";
import type { Snapshot } from "../../../src/core/model.ts";
import { listCounts } from "../../../src/core/snapshot/backend-counts.ts";
import type { KubeObjects, Observation } from "../../../src/core/objects.ts";
import {
  cluster,
  hostClaim,
  ingress,
  ingressClass,
  node,
  observation,
  rule,
  service,
  slice,
} from "../../build/objects.ts";

interface Input {
  readonly config?: Parameters<typeof observation>[1];
  readonly members?: readonly Observation[];
  readonly previous?: Snapshot | null;
  readonly nowMs?: number;
  readonly allowPrivateOrigins?: boolean;
}

function run({
  config = {},
  members = [],
  previous = null,
  nowMs = 0,
  allowPrivateOrigins = false,
}: Input): CompileResult {
  const names = members.flatMap((one) => (one.cluster === null ? [] : [one.cluster]));
  const clusters = config.clusters ?? names.map((name) => cluster(name));
  return compile({
    config: observation(null, { ...config, clusters }),
    clusters: members,
    previous,
    allowPrivateOrigins,
    nowMs,
  });
}

const shop = ingress("shop", { rules: [rule("shop.example.org", "/", "shop")] });
const live = { claimClassless: false };

function clustersOf(result: CompileResult, host = "shop.example.org"): string[] {
  const entry = result.snapshot.hosts.find((one) => one.host === host);
  return entry?.services.flatMap((one) => one.backends.map((backend) => backend.cluster)) ?? [];
}

function reasons(result: CompileResult): string[] {
  return result.problems.map((problem) => `${problem.object}: ${problem.reason}`);
}

describe("whose Ingress it is", () => {
  it("routes a federated Ingress to every member that has the Service", () => {
    const result = run({
      config: { ingresses: [shop] },
      members: [
        observation("a", { services: [service("shop")] }),
        observation("b"),
        observation("c", { services: [service("shop")] }),
      ],
    });
    expect(clustersOf(result)).toEqual(["a", "c"]);
    expect(result.problems).toEqual([]);
  });

  it("merges a direct Ingress of several clusters, and a rule of one cluster stays there", () => {
    const beta = ingress("beta", { rules: [rule("shop.example.org", "/beta", "beta")] });
    const both = { services: [service("shop"), service("beta")] };
    const result = run({
      members: [
        observation("a", { ingresses: [shop, beta], ...both }),
        observation("b", { ingresses: [shop], ...both }),
      ],
    });
    const [host] = result.snapshot.hosts;
    expect(host?.routes.map((route) => [route.path.value, route.backends[0]?.clusters])).toEqual([
      ["/beta", ["a"]],
      ["/", ["a", "b"]],
    ]);
  });

  it("takes a class whose controller is ours, and leaves every other class alone", () => {
    const ours = { ...shop, className: "global" };
    const other = ingress("other", { className: "nginx", rules: [rule("other.example.org", "/", "shop")] });
    const classes = [ingressClass("global", "portolan.dev/edge"), ingressClass("nginx", "k8s.io/ingress-nginx")];
    const held = { ingresses: [ours, other], ingressClasses: classes, services: [service("shop")] };
    const result = run({ members: [observation("a", held, live)] });
    expect(result.snapshot.hosts.map((host) => host.host)).toEqual(["shop.example.org"]);
  });

  it("takes an Ingress without a class from files, and live only when told to", () => {
    const held = { ingresses: [shop], services: [service("shop")] };
    expect(run({ members: [observation("a", held)] }).snapshot.hosts).toHaveLength(1);
    expect(run({ members: [observation("a", held, live)] }).snapshot.hosts).toHaveLength(0);
  });

  it("routes an adopted Ingress to the address that its own controller wrote", () => {
    const adopted = ingress("shop", {
      meta: { annotations: { "portolan.dev/adopt": "true" } },
      className: "nginx",
      rules: [rule("shop.example.org", "/", "shop")],
      loadBalancer: [{ ip: "203.0.113.9", hostname: null }],
    });
    const result = run({
      config: { clusters: [cluster("a", { gateway: null, originCidrs: [] })] },
      members: [observation("a", { ingresses: [adopted] }, live)],
    });
    expect(result.snapshot.hosts[0]?.services[0]?.backends[0]?.origins?.map((origin) => origin.port)).toEqual(
      result.problems.length === 0 ? [80] : [],
    );
  });

  it("leaves out clusters without a Cluster object", () => {
    const result = run({
      config: { clusters: [] },
      members: [observation("a", { ingresses: [shop], services: [service("shop")] })],
    });
    expect(result.snapshot.hosts).toEqual([]);
  });
});

describe("who owns a host", () => {
  const old = ingress("old", {
    meta: { namespace: "shop", createdMs: 1 },
    rules: [rule("shop.example.org", "/", "web")],
  });
  const evil = ingress("new", {
    meta: { namespace: "evil", createdMs: 2 },
    rules: [rule("shop.example.org", "/pay", "pay")],
  });

  it("gives it to the oldest, and reports the loser without breaking anything", () => {
    const result = run({
      members: [observation("a", { ingresses: [evil, old], services: [service("web", { namespace: "shop" })] })],
    });
    expect(result.snapshot.hosts[0]).toMatchObject({ owner: "shop", routes: [{ namespace: "shop" }] });
    expect(reasons(result)).toEqual(["Ingress evil/new: HostConflict"]);
  });

  it("keeps the owner for 24 h after its last rule went, then lets it go", () => {
    const first = run({ members: [observation("a", { ingresses: [old] })] }).snapshot;
    const gone = run({ members: [observation("a")], previous: first, nowMs: 1000 }).snapshot;
    expect(gone).toMatchObject({
      hosts: [],
      reservations: [{ host: "shop.example.org", owner: "shop", releasedAtMs: 1000 }],
    });
    const early = run({
      members: [observation("a", { ingresses: [evil] })],
      previous: gone,
      nowMs: 999 + RESERVATION_MS,
    });
    expect(early.snapshot.hosts).toEqual([]);
    const late = run({
      members: [observation("a", { ingresses: [evil] })],
      previous: gone,
      nowMs: 1000 + RESERVATION_MS,
    });
    expect(late.snapshot.hosts[0]).toMatchObject({ owner: "evil" });
  });

  it("obeys a HostClaim: its namespaces, and only from its clusters", () => {
    const claim = hostClaim("c", ["*.example.org"], ["evil"], ["b"]);
    const held = { ingresses: [evil, old] };
    const result = run({
      config: { clusters: [cluster("a"), cluster("b")], hostClaims: [claim] },
      members: [observation("a", held), observation("b", held)],
    });
    expect(result.snapshot.hosts[0]).toMatchObject({
      owner: "evil",
      routes: [{ namespace: "evil", backends: [{ clusters: ["b"] }] }],
    });
    expect(reasons(result).filter((reason) => reason.endsWith("HostConflict"))).toHaveLength(3);
  });
});

describe("where bytes go", () => {
  const withAddress = service("shop", { loadBalancer: [{ ip: null, hostname: "lb.example.org" }] });
  const members = (more: Parameters<typeof observation>[1]) => [
    observation("a", { ingresses: [shop], services: [withAddress], ...more }),
  ];
  const originsOf = (result: CompileResult) =>
    result.snapshot.hosts[0]?.services[0]?.backends[0]?.origins?.map((one) => `${one.connectHost}:${one.port}`);

  it("is the gateway first, then the Service's load balancer", () => {
    expect(originsOf(run({ members: members({}) }))).toBeUndefined();
    expect(originsOf(run({ config: { clusters: [cluster("a", { gateway: null })] }, members: members({}) }))).toEqual([
      "lb.example.org:80",
    ]);
  });

  it("is the ready endpoints only when private origins are allowed", () => {
    const slices = [slice("shop", ["10.0.0.2", "10.0.0.1"]), { ...slice("shop", ["10.0.0.3"], { ready: false }) }];
    const input = {
      config: { clusters: [cluster("a", { gateway: null })] },
      members: members({ services: [service("shop")], endpointSlices: slices }),
    };
    const refused = run(input);
    expect(originsOf(refused)).toEqual([]);
    expect(reasons(refused)).toEqual(["Ingress default/shop: NoUsableAddress"]);
    const allowed = run({ ...input, allowPrivateOrigins: true });
    expect(originsOf(allowed)).toEqual(["10.0.0.1:8080", "10.0.0.2:8080"]);
    expect(listCounts(allowed.counts)).toEqual([{ cluster: "a", service: "default/shop/80", ready: 2, total: 3 }]);
  });

  it("keeps unready endpoints as the last resort when none is ready", () => {
    const slices = [slice("shop", ["10.0.0.1"], { ready: false })];
    const input = {
      config: { clusters: [cluster("a", { gateway: null })] },
      members: members({ services: [service("shop")], endpointSlices: slices }),
    };
    const result = run({ ...input, allowPrivateOrigins: true });
    expect(originsOf(result)).toEqual(["10.0.0.1:8080"]);
    expect(listCounts(result.counts)[0]).toMatchObject({ ready: 0, total: 1 });
  });

  it("is the node port at the ready nodes with an external address", () => {
    const ports = [{ name: null, port: 80, targetPort: "8080", protocol: "TCP", appProtocol: null, nodePort: 30_080 }];
    const nodes = [
      node("n1", "192.0.2.1"),
      node("n2", "192.0.2.2", { isReady: false }),
      node("n3", "node3.example.org"),
    ];
    const input = (nodePort: Parameters<typeof service>[1], held: Partial<KubeObjects> = {}) => ({
      config: { clusters: [cluster("a", { gateway: null })] },
      members: members({ services: [service("shop", { type: "NodePort", ports, ...nodePort })], nodes, ...held }),
    });
    expect(originsOf(run(input({})))).toEqual(["192.0.2.1:30080", "node3.example.org:30080"]);
    // externalTrafficPolicy: Local drops what comes to a node without a pod.
    const [pods] = [slice("shop", ["10.0.0.1"])];
    const endpointSlices = [{ ...pods, endpoints: pods.endpoints.map((one) => ({ ...one, node: "n3" })) }];
    expect(originsOf(run(input({ isLocal: true }, { endpointSlices })))).toEqual(["node3.example.org:30080"]);
    const none = run(input({}, { nodes: [node("n1", "10.0.0.9")] }));
    expect(originsOf(none)).toEqual([]);
    expect(none.problems[0]?.message).toContain('its address "10.0.0.9" is refused');
    const lacking = run(input({}, { nodes: [] }));
    expect(lacking.problems[0]?.message).toContain("neither a gateway nor a ready node with an external address");
  });

  it.each([
    ["a missing Service", []],
    ["a missing port", [service("shop", { ports: [] })]],
    ["an ExternalName Service", [service("shop", { type: "ExternalName" })]],
  ])("reports %s on the Ingress", (_name, services) => {
    expect(reasons(run({ members: members({ services }) }))).toEqual(["Ingress default/shop: BackendNotFound"]);
  });
});

describe("compile()", () => {
  it("gives the same snapshot whatever the order of its input", () => {
    const members = ["a", "b", "c"].map((name) =>
      observation(name, { ingresses: [shop], services: [service("shop")] }),
    );
    const clusters = [cluster("a"), cluster("b"), cluster("c")];
    const forward = run({ config: { clusters }, members });
    const backward = run({ config: { clusters: [...clusters].reverse() }, members: [...members].reverse() });
    expect(backward.snapshot).toEqual(forward.snapshot);
  });

  it("leaves one bad rule out and keeps the others", () => {
    const mixed = ingress("mixed", {
      rules: [
        rule("bad..example.org", "/", "shop"),
        rule("good.example.org", "/%zz", "shop"),
        rule("good.example.org", "/", "shop"),
      ],
    });
    const result = run({ members: [observation("a", { ingresses: [mixed], services: [service("shop")] })] });
    expect(result.snapshot.hosts.map((host) => [host.host, host.routes.length])).toEqual([["good.example.org", 1]]);
    expect(reasons(result)).toEqual(["Ingress default/mixed: InvalidHost", "Ingress default/mixed: InvalidPath"]);
  });
});

describe("addresses that edges must not connect to", () => {
  const addresses = ["192.0.2.7", "10.0.0.1", "127.0.0.1", "169.254.169.254", "fe80::1", "localhost", "0177.0.0.1"];
  const originsOf = (endpoints: readonly string[], allowPrivateOrigins: boolean) => {
    const held = { ingresses: [shop], services: [service("shop")], endpointSlices: [slice("shop", endpoints)] };
    const result = run({
      config: { clusters: [cluster("a", { gateway: null, originCidrs: [] })] },
      members: [observation("a", held)],
      allowPrivateOrigins,
    });
    const origins = result.snapshot.hosts[0]?.services[0]?.backends[0]?.origins ?? [];
    return { origins: origins.map((origin) => origin.connectHost), problems: reasons(result) };
  };

  it("keeps loopback and private endpoints with --allow-private-origins, and never metadata, link-local or names", () => {
    const { origins, problems } = originsOf(addresses, true);
    expect(origins).toEqual(["10.0.0.1", "127.0.0.1", "192.0.2.7"]);
    expect(problems.filter((text) => text.endsWith("ForbiddenAddress"))).toHaveLength(3);
  });

  it("uses no endpoint at all without it, and reports what no pod can have", () => {
    const { origins, problems } = originsOf(addresses, false);
    expect(origins).toEqual([]);
    expect(problems.filter((text) => text.endsWith("ForbiddenAddress"))).toHaveLength(5);
  });

  it.each([
    "127.0.0.1.",
    "127.1",
    "2130706433",
    "0x7f.1",
    "1.2.3.4%eth0",
    "[::1]",
    "localhost",
    "a.localhost",
    "metadata.google.internal",
    "METADATA.google.internal.",
  ])("refuses the load balancer address %s", (hostname) => {
    const balanced = service("shop", { loadBalancer: [{ ip: null, hostname }] });
    const result = run({
      config: { clusters: [cluster("a", { gateway: null })] },
      members: [observation("a", { ingresses: [shop], services: [balanced] })],
    });
    expect(result.snapshot.hosts[0]?.services[0]?.backends[0]?.origins).toEqual([]);
    expect(reasons(result)).toEqual(["Ingress default/shop: NoUsableAddress"]);
  });

  it("takes the TCP port of a Service when a UDP port has the same number", () => {
    const port = { targetPort: "8080", appProtocol: null };
    const ports = [
      { ...port, name: "quic", port: 80, protocol: "UDP" },
      { ...port, name: "http", port: 80, protocol: "TCP" },
    ];
    const named = { ...slice("shop", ["10.0.0.1"]), ports: [{ name: "http", port: 8080 }] };
    const result = run({
      config: { clusters: [cluster("a", { gateway: null })] },
      members: [
        observation("a", { ingresses: [shop], services: [service("shop", { ports })], endpointSlices: [named] }),
      ],
      allowPrivateOrigins: true,
    });
    expect(result.snapshot.hosts[0]?.services[0]?.backends[0]?.origins).toMatchObject([{ connectHost: "10.0.0.1" }]);
  });
});

describe("paths of rules", () => {
  const withPath = (path: string, pathType: "Prefix" | "ImplementationSpecific" = "Prefix") => {
    const paths = [{ path, pathType, backend: { service: "shop", port: "80" } }];
    const held = { ingresses: [ingress("shop", { rules: [{ host: "a.example.org", paths }] })] };
    return run({ members: [observation("a", { ...held, services: [service("shop")] })] });
  };

  it.each([
    ["/caf\u00e9", "/caf%C3%A9"],
    ["/a b", "/a%20b"],
    ["/caf%c3%a9", "/caf%C3%A9"],
    ["/%7Euser", "/~user"],
  ])("brings %s to the form that clients send", (path, canonical) => {
    const result = withPath(path);
    expect(result.snapshot.hosts[0]?.routes[0]?.path.value).toBe(canonical);
    expect(result.problems).toEqual([]);
  });

  it.each(["/a?b", "/a#b", "/a%zz", "/a\ud800"])("refuses %s, which no request can have", (path) => {
    const result = withPath(path);
    expect(reasons(result)).toEqual(["Ingress default/shop: InvalidPath"]);
    expect(result.snapshot.hosts).toEqual([]);
  });

  it("warns of patterns, which are plain prefixes", () => {
    expect(reasons(withPath("/*", "ImplementationSpecific"))).toEqual(["Ingress default/shop: LiteralPath"]);
    expect(reasons(withPath("/a", "ImplementationSpecific"))).toEqual([]);
  });
});
