import { describe, expect, it } from "vitest";
import { distinctNames, readContextName } from "../../../src/core/join/cluster-name.ts";
import { guessGateway } from "../../../src/core/join/gateway-guess.ts";
import { guessLocation, type NodeFacts } from "../../../src/core/join/location.ts";
import { readService } from "../../../src/kube/schema/service.ts";

const node = (providerId: string | null, labels: Readonly<Record<string, string>> = {}): NodeFacts => ({
  name: "n",
  labels,
  providerId,
});
const region = (value: string, zone = `${value}-a`) => ({
  "topology.kubernetes.io/region": value,
  "topology.kubernetes.io/zone": zone,
});
const plain = readContextName("mine");

describe("readContextName()", () => {
  it.each([
    ["gke_my-project_us-east1-b_gce-us-east1-b", "gce-us-east1-b", "gcp", "us-east1", "us-east1-b"],
    ["gke_my-project_europe-west1_shop", "shop", "gcp", "europe-west1", null],
    ["arn:aws:eks:eu-west-1:123456789012:cluster/shop", "shop", "aws", "eu-west-1", null],
    ["me@shop.eu-west-1.eksctl.io", "shop", "aws", "eu-west-1", null],
    ["do-fra1-shop", "shop", "digitalocean", "fra1", null],
    ["kind-fra", "kind-fra", null, null, null],
    ["Ünï/ Shop__", "n-shop", null, null, null],
    ["///", "cluster", null, null, null],
  ])("%s", (context, cluster, provider, regionName, zone) => {
    expect(readContextName(context)).toEqual({ cluster, provider, region: regionName, zone });
  });

  it("always gives a DNS label", () => {
    for (const context of ["x".repeat(200), `${"x".repeat(62)}-y`, "-", "A.B"]) {
      expect(readContextName(context).cluster).toMatch(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/);
    }
  });

  it("distinctNames() numbers those that are equal", () => {
    expect(distinctNames(["a", "b", "a", "a-2", "a"])).toEqual(["a", "b", "a-2", "a-2-2", "a-3"]);
  });
});

describe("guessLocation()", () => {
  it("takes the majority, says by what, and doubts aloud", () => {
    const guess = guessLocation(
      [
        node("gce://p/us-east1-b/n1", region("us-east1", "us-east1-b")),
        node("gce://p/us-east1-b/n2", region("us-east1", "us-east1-b")),
        node("gce://p/us-west1-a/n3", region("us-west1", "us-west1-a")),
      ],
      plain,
    );
    expect(guess).toEqual({
      provider: { value: "gcp", reason: "3 of 3 nodes: providerID begins with gce://" },
      region: { value: "us-east1", reason: "2 of 3 nodes: label topology.kubernetes.io/region" },
      zone: null,
      doubts: ["nodes differ in their region: us-east1 (2), us-west1 (1)"],
    });
  });

  it("reads old labels, and providerID where there is no label", () => {
    const old = guessLocation(
      [node("aws:///eu-west-1a/i-1", { "failure-domain.beta.kubernetes.io/region": "eu-west-1" })],
      plain,
    );
    expect(old.region).toEqual({
      value: "eu-west-1",
      reason: "1 of 1 nodes: label failure-domain.beta.kubernetes.io/region",
    });
    expect(old.zone).toEqual({ value: "eu-west-1a", reason: "1 of 1 nodes: providerID" });
    const bare = guessLocation([node("gce://p/asia-east1-a/n")], plain);
    expect([bare.region?.value, bare.region?.reason]).toEqual(["asia-east1", "1 of 1 nodes: the zone in providerID"]);
  });

  it("falls back on the context's name, and says when nothing is known", () => {
    expect(guessLocation([], readContextName("gke_p_us-east1-b_x"))).toMatchObject({
      provider: { value: "gcp", reason: "the context's name" },
      region: { value: "us-east1" },
      zone: { value: "us-east1-b" },
      doubts: [],
    });
    expect(guessLocation([node("kind://docker/fra/n")], plain)).toEqual({
      provider: null,
      region: null,
      zone: null,
      doubts: ["no node has a providerID of a known cloud; set spec.location by hand"],
    });
    expect(guessLocation([node("aws:///mars-1a/i", region("mars-1"))], plain).doubts).toEqual([
      "aws/mars-1 is not in the regions table; set spec.location by hand",
    ]);
  });
});

describe("guessGateway()", () => {
  const service = (name: string, more: object = {}) => {
    const value = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: "ingress", labels: { "app.kubernetes.io/name": name } },
      spec: {
        type: "LoadBalancer",
        ports: [
          { name: "http", port: 80 },
          { name: "https", port: 443 },
        ],
      },
      status: { loadBalancer: { ingress: [{ hostname: `${name}.example.org` }] } },
      ...more,
    };
    const read = readService(value, false).value;
    if (read === null) throw new Error("Cannot build the Service");
    return read;
  };

  it("takes the only load balancer of a known controller", () => {
    expect(guessGateway([service("web"), service("ingress-nginx")]).gateway).toEqual({
      connectHost: {
        value: "ingress-nginx.example.org",
        reason: "Service ingress/ingress-nginx at ingress-nginx.example.org, of ingress-nginx",
      },
      port: 443,
      protocol: "https",
    });
  });

  it("leaves a choice to people", () => {
    expect(guessGateway([service("traefik"), service("kong")])).toEqual({
      gateway: null,
      note: "several could be it, choose one: ingress/traefik at traefik.example.org, ingress/kong at kong.example.org",
    });
    expect(guessGateway([service("traefik", { status: {} })]).gateway).toBeNull();
    expect(guessGateway([service("web")]).note).toContain("no Service of type LoadBalancer");
  });
});
