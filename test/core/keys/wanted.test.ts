import { describe, expect, it } from "vitest";
import { compile } from "../../../src/core/compile/compile.ts";
import { coversHost } from "../../../src/core/host-pattern.ts";
import { secretId } from "../../../src/core/keys/key-list.ts";
import { hostIndex, othersUnder, wantedSecrets } from "../../../src/core/keys/wanted.ts";
import type { HostClaimObject, IngressObject, Observation } from "../../../src/core/objects.ts";
import { cluster, hostClaim, ingress, ingressClass, observation, rule, service } from "../../build/objects.ts";

interface Tls {
  readonly hosts?: readonly string[];
  readonly secret?: string;
}

/** An Ingress of a namespace for hosts, older with each letter of its namespace. */
function site(namespace: string, name: string, hosts: readonly string[], tls: readonly Tls[]): IngressObject {
  return ingress(name, {
    meta: { namespace, createdMs: namespace.charCodeAt(0) },
    rules: hosts.map((host) => rule(host, "/", "web")),
    tls: tls.map((one) => ({ hosts: one.hosts ?? [], secretName: one.secret ?? "tls" })),
  });
}

function world(
  members: readonly Observation[],
  config: readonly IngressObject[] = [],
  hostClaims: readonly HostClaimObject[] = [],
) {
  const clusters = members.flatMap((one) => (one.cluster === null ? [] : [cluster(one.cluster)]));
  const source = observation(null, { clusters, ingresses: config, hostClaims });
  const { snapshot } = compile({
    config: source,
    clusters: members,
    previous: null,
    allowPrivateOrigins: false,
    nowMs: 0,
  });
  const hosts = hostIndex(snapshot);
  const { secrets, problems } = wantedSecrets([source, ...members], hosts);
  const wanted = Object.fromEntries([...secrets].map(([id, one]) => [id, one.hosts.join(" ")]));
  return {
    wanted,
    problems: problems.map(({ object, field, message }) => `${object} ${field}: ${message}`),
    hosts,
    secrets,
  };
}

const services = ["a", "b"].map((namespace) => service("web", { namespace }));
const member = (name: string, ...ingresses: readonly IngressObject[]) => observation(name, { ingresses, services });

describe("wantedSecrets()", () => {
  it("names the Secrets of spec.tls with the hosts that the Ingress was given", () => {
    const { wanted, problems } = world([
      member(
        "us",
        site(
          "a",
          "one",
          ["x.example.org", "y.example.org"],
          [{ hosts: ["x.example.org"], secret: "x" }, { secret: "all" }],
        ),
      ),
      member("eu", site("a", "two", ["Z.Example.org"], [{ hosts: ["z.EXAMPLE.org"], secret: "z" }])),
    ]);
    expect(wanted).toEqual({
      "us/a/x": "x.example.org",
      "us/a/all": "x.example.org y.example.org",
      "eu/a/z": "z.example.org",
    });
    expect(problems).toEqual([]);
  });

  it("never names one for a host of another namespace, by whatever spec.tls asks for", () => {
    const { wanted, problems } = world([
      member(
        "us",
        site("a", "shop", ["shop.example.org"], [{ hosts: ["shop.example.org"], secret: "shop" }]),
        site(
          "b",
          "shop",
          ["shop.example.org", "b.example.org"],
          [
            { hosts: ["shop.example.org", "b.example.org"], secret: "stolen" },
            { secret: "all" },
            { hosts: ["*.example.org"], secret: "wide" },
          ],
        ),
      ),
    ]);
    expect(wanted).toEqual({
      "us/a/shop": "shop.example.org",
      "us/b/stolen": "b.example.org",
      "us/b/all": "b.example.org",
      "us/b/wide": "b.example.org",
    });
    expect(problems).toEqual([
      "Ingress b/shop spec.tls[0].hosts: Cannot end TLS for shop.example.org with this Secret: no rule of this Ingress is served for that host",
    ]);
  });

  it("takes a name under a wildcard rule, unless somebody else has it", () => {
    const { wanted, hosts } = world([
      member(
        "us",
        site(
          "a",
          "wide",
          ["*.example.org"],
          [{ hosts: ["one.example.org", "shop.example.org", "deep.one.example.org"] }],
        ),
        site("a", "whole", ["*.example.org"], [{ secret: "wide" }]),
        site("b", "shop", ["shop.example.org", "a.b.example.org"], []),
      ),
    ]);
    expect(wanted).toEqual({ "us/a/tls": "one.example.org", "us/a/wide": "*.example.org" });
    expect(othersUnder(["*.example.org", "one.example.org"], "a", hosts)).toEqual(["shop.example.org"]);
    expect(othersUnder(["*.example.org"], "b", hosts)).toEqual([]);
  });

  it("gives no name to rules without a host, which are everybody's", () => {
    const nameless = ingress("nameless", {
      meta: { namespace: "a" },
      rules: [rule("", "/", "web")],
      tls: [
        { hosts: ["bank.example.org"], secretName: "t" },
        { hosts: [], secretName: "u" },
        { hosts: ["*"], secretName: "v" },
      ],
    });
    expect(world([member("us", nameless)]).wanted).toEqual({});
  });

  it("leaves Ingresses alone that are not ours, and takes adopted and federated ones", () => {
    const classes = [ingressClass("nginx", "k8s.io/ingress-nginx")];
    const foreign = { ...site("a", "foreign", ["f.example.org"], [{}]), className: "nginx" };
    const adopted = ingress("adopted", {
      meta: { namespace: "a", annotations: { "portolan.dev/adopt": "true" } },
      className: "nginx",
      rules: [rule("ad.example.org", "/", "web")],
      tls: [{ hosts: ["ad.example.org"], secretName: "ad" }],
      loadBalancer: [{ ip: "192.0.2.7", hostname: null }],
    });
    const us = observation(
      "us",
      { ingresses: [foreign, adopted], ingressClasses: classes, services },
      { claimClassless: false },
    );
    const { wanted } = world([us], [site("a", "fed", ["fed.example.org"], [{ secret: "fed" }])]);
    expect(wanted).toEqual({ "us/a/ad": "ad.example.org", "/a/fed": "fed.example.org" });
  });

  it("follows a HostClaim that gives the host to two namespaces, or to one cluster", () => {
    const two = [
      member("us", site("a", "a", ["s.example.org"], [{}]), site("b", "b", ["s.example.org"], [{}])),
      member("eu", site("b", "b", ["s.example.org"], [{}])),
    ];
    expect(world(two, [], [hostClaim("both", ["s.example.org"], ["a", "b"])]).wanted).toEqual({
      "us/a/tls": "s.example.org",
      "us/b/tls": "s.example.org",
      "eu/b/tls": "s.example.org",
    });
    expect(world(two, [], [hostClaim("one", ["s.example.org"], ["b"], ["eu"])]).wanted).toEqual({
      "eu/b/tls": "s.example.org",
    });
  });

  it("tells Secrets of one name apart by cluster and namespace", () => {
    const names = [
      { cluster: null, namespace: "a", secret: "t" },
      { cluster: "a", namespace: "a", secret: "t" },
      { cluster: "a", namespace: "b", secret: "t" },
    ];
    expect(new Set(names.map(secretId)).size).toBe(3);
  });
});

describe("coversHost()", () => {
  it("takes one label for a wildcard, and no less", () => {
    const yes = [
      ["a.example.org", "a.example.org"],
      ["*.example.org", "a.example.org"],
      ["*.example.org", "*.example.org"],
    ];
    const no = [
      ["*.example.org", "example.org"],
      ["*.example.org", "a.b.example.org"],
      ["*.b.example.org", "*.example.org"],
      ["a.example.org", "*.example.org"],
      ["*", "a.example.org"],
      ["*.", "a.example.org"],
    ];
    for (const [pattern = "", host = ""] of yes) expect(coversHost(pattern, host), `${pattern} ${host}`).toBe(true);
    for (const [pattern = "", host = ""] of no) expect(coversHost(pattern, host), `${pattern} ${host}`).toBe(false);
  });
});
