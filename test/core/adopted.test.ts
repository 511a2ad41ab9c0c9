import { describe, expect, it } from "vitest";
import { compile } from "../../src/core/compile/compile.ts";
import type { Origin } from "../../src/core/model.ts";
import type { IngressObject } from "../../src/core/objects.ts";
import { cluster, ingress, observation, rule, service } from "../build/objects.ts";

function adopted(name: string, hosts: readonly string[], more: Partial<Omit<IngressObject, "meta">> = {}) {
  return ingress(name, {
    meta: { annotations: { "portolan.dev/adopt": "true" } },
    className: "nginx",
    rules: hosts.map((host) => rule(host, "/", "web")),
    loadBalancer: [{ ip: "203.0.113.9", hostname: null }],
    ...more,
  });
}

function run(member: Parameters<typeof observation>[1], federated: readonly IngressObject[] = []) {
  return compile({
    config: observation(null, { clusters: [cluster("a", { gateway: null })], ingresses: federated }),
    clusters: [observation("a", member, { claimClassless: false })],
    previous: null,
    allowPrivateOrigins: false,
    nowMs: 0,
  });
}

function originsOf(result: ReturnType<typeof run>, host: string): readonly Origin[] {
  const entry = result.snapshot.hosts.find((one) => one.host === host);
  return entry?.services.flatMap((one) => one.backends.flatMap((backend) => backend.origins ?? [])) ?? [];
}

const spoken = (origin: Origin) => `${origin.protocol} ${origin.port} ${origin.serverName}`;

describe("an adopted Ingress", () => {
  it("is asked over TLS for the hosts of its tls, under their own names, since that is what its certificates hold", () => {
    const hosts = ["shop.example.org", "plain.example.org", "*.apps.example.org", "one.wild.example.org"];
    const tls = [
      { hosts: ["shop.example.org", "*.apps.example.org"], secretName: "a" },
      { hosts: ["*.wild.example.org"], secretName: "b" },
    ];
    const result = run({ ingresses: [adopted("web", hosts, { tls })] });
    expect(hosts.map((host) => originsOf(result, host).map(spoken))).toEqual([
      ["https 443 shop.example.org"],
      ["http 80 null"],
      ["https 443 portolan.apps.example.org"],
      ["https 443 one.wild.example.org"],
    ]);
    expect(result.problems).toEqual([]);
  });

  it("is asked over TLS for every host when its tls names none", () => {
    const tls = [{ hosts: [], secretName: null }];
    const fallback = { service: "web", port: "80" };
    const result = run({ ingresses: [adopted("web", ["shop.example.org"], { tls, defaultBackend: fallback })] });
    expect(originsOf(result, "shop.example.org").map(spoken)).toEqual(["https 443 shop.example.org"]);
    expect(originsOf(result, "*").map(spoken)).toEqual(["https 443 null"]);
  });

  it("takes no federated rule over, whatever the rule's Service and its port are called", () => {
    const web = service("web", {
      ports: [{ name: "ingress", port: 8080, targetPort: "8080", protocol: "TCP", appProtocol: null }],
      loadBalancer: [{ ip: "203.0.113.80", hostname: null }],
    });
    const federated = ingress("shop", {
      rules: [
        {
          host: "shop.example.org",
          paths: [{ path: "/", pathType: "Prefix", backend: { service: "web", port: "ingress" } }],
        },
      ],
    });
    const result = run({ ingresses: [adopted("web", ["other.example.org"])], services: [web] }, [federated]);
    expect(originsOf(result, "shop.example.org").map((origin) => origin.connectHost)).toEqual(["203.0.113.80"]);
    expect(originsOf(result, "other.example.org").map((origin) => origin.connectHost)).toEqual(["203.0.113.9"]);
  });
});

describe("the private ranges of a cluster", () => {
  const originCidrs = ["10.0.0.0/8", "198.18.0.0/15"];
  const gatewayAt = (connectHost: string) => {
    const gateway = {
      connectHost,
      port: 443,
      protocol: "https",
      serverName: null,
      ca: null,
      host: "public",
      signed: false,
    } as const;
    const { snapshot } = compile({
      config: observation(null, { clusters: [cluster("a", { gateway, originCidrs })] }),
      clusters: [],
      previous: null,
      allowPrivateOrigins: false,
      nowMs: 0,
    });
    return snapshot.clusters[0]?.gateway?.allowedCidrs;
  };

  it.each([
    ["a name, which may resolve into any of them", "eu.origin.example.org", ["10.0.0.0/8", "198.18.0.0/15"]],
    ["an address inside one", "198.18.0.9", ["198.18.0.0/15"]],
    ["a public address", "203.0.113.7", []],
  ])("go along with %s, so that an edge allows what was allowed here", (_name, connectHost, expected) => {
    expect(gatewayAt(connectHost)).toEqual(expected);
  });
});

describe("of two equal rules", () => {
  const at = (name: string, createdMs: number) =>
    ingress(name, { meta: { createdMs }, rules: [rule("shop.example.org", "/", name)] });
  const loser = (ingresses: readonly IngressObject[]) =>
    run({ services: [service("a"), service("b")] }, ingresses).problems.map((one) => `${one.object}: ${one.message}`);
  const start = "Ingress default/b: Cannot use the path / of shop.example.org: Ingress default/a has the same rule and";

  it("the younger one is told so", () => {
    expect(loser([at("b", 2), at("a", 1)])).toEqual([`${start} is older`]);
  });

  it("the later name is told so when neither is older", () => {
    expect(loser([at("b", 0), at("a", 0)])).toEqual([`${start} comes first by name, since neither is older`]);
  });
});
