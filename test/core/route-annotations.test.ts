import { describe, expect, it } from "vitest";
import { byteSize } from "../../src/core/byte-size.ts";
import { compile } from "../../src/core/compile/compile.ts";
import { readRouteAnnotations } from "../../src/core/compile/route-annotations.ts";
import { readObject } from "../../src/kube/objects-from.ts";
import { cluster, ingress, observation, rule, service } from "../build/objects.ts";

const NGINX = "nginx.ingress.kubernetes.io/";

describe("byteSize()", () => {
  it("reads sizes as nginx and as Kubernetes write them, and nothing else", () => {
    const sizes = ["0", "512", "1k", "8M", "1g", "8Mi", " 2k "].map(byteSize);
    expect(sizes).toEqual([0, 512, 1024, 8_388_608, 1_073_741_824, 8_388_608, 2048]);
    expect(["", "k", "-1", "1.5m", "1t", "1i", "999999999999g"].map(byteSize)).toEqual(
      Array.from({ length: 7 }, () => null),
    );
  });
});

describe("readRouteAnnotations()", () => {
  const read = (annotations: Record<string, string>, hasTls = false) => readRouteAnnotations(annotations, hasTls);

  it("takes our own word before nginx's, and 0 for no limit", () => {
    expect(read({ [`${NGINX}proxy-body-size`]: "8m" }).asks.maxBodyBytes).toBe(8_388_608);
    const both = { [`${NGINX}proxy-body-size`]: "8m", "portolan.dev/max-body-size": "1k" };
    expect(read(both).asks.maxBodyBytes).toBe(1024);
    expect(read({ ...both, "portolan.dev/max-body-size": "0" }).asks.maxBodyBytes).toBeNull();
  });

  it("redirects as ingress-nginx does: ssl-redirect with TLS, force-ssl-redirect without", () => {
    expect(read({ [`${NGINX}ssl-redirect`]: "true" }).asks.httpsOnly).toBe(false);
    expect(read({ [`${NGINX}ssl-redirect`]: "true" }, true).asks.httpsOnly).toBe(true);
    expect(read({ [`${NGINX}force-ssl-redirect`]: "true" }).asks.httpsOnly).toBe(true);
    const off = { [`${NGINX}force-ssl-redirect`]: "true", "portolan.dev/https-redirect": "false" };
    expect(read(off).asks.httpsOnly).toBe(false);
  });

  it("tells about a value that it cannot read, where it stands", () => {
    const { problems } = readObject(
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: {
          name: "a",
          annotations: { "portolan.dev/max-body-size": "big", "portolan.dev/https-redirect": "on" },
        },
        spec: { defaultBackend: { service: { name: "a", port: { number: 80 } } } },
      },
      { strict: true, cluster: null },
    );
    expect(problems.map(({ severity, reason, message }) => [severity, reason, message.slice(0, 50)])).toEqual([
      ["warning", "InvalidAnnotation", 'portolan.dev/max-body-size is "big" and has no eff'],
      ["warning", "InvalidAnnotation", 'portolan.dev/https-redirect is "on" and has no eff'],
    ]);
  });

  it("holds the smaller size where two clusters hold the same rule", () => {
    const clusters = [cluster("a"), cluster("b")];
    const held = (size: string) => [
      ingress("shop", {
        rules: [rule("shop.example.org", "/", "shop")],
        meta: { annotations: { "portolan.dev/max-body-size": size } },
      }),
    ];
    const members = ["2k", "1k"].map((size, index) => ({
      ...observation(index === 0 ? "a" : "b", { services: [service("shop")], ingresses: held(size) }),
      claimClassless: true,
    }));
    const config = observation(null, { clusters });
    const { snapshot } = compile({ config, clusters: members, previous: null, allowPrivateOrigins: true, nowMs: 0 });
    expect(snapshot.hosts[0]?.routes.map(({ asks }) => asks)).toEqual([{ maxBodyBytes: 1024, httpsOnly: false }]);
  });
});
