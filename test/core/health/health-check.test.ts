import { allSteps } from "../../build/all-steps.ts";
import { describe, expect, it } from "vitest";
import { compile } from "../../../src/core/compile/compile.ts";
import { HEALTH_CHECK_DEFAULTS, readHealthCheck } from "../../../src/core/compile/health-check.ts";
import { probeTargetSteps } from "../../../src/core/health/probes.ts";
import { NO_SETTINGS } from "../../../src/core/steering/settings.ts";
import { cluster, ingress, meta, observation, rule, service } from "../../build/objects.ts";

const PREFIX = "portolan.dev/health-check";

describe("readHealthCheck()", () => {
  it("asks for nothing unless it is told to", () => {
    expect(readHealthCheck({ "portolan.dev/adopt": "true" }).check).toBeNull();
    expect(readHealthCheck({ [PREFIX]: "none", [`${PREFIX}-path`]: "/x" }).check).toBeNull();
  });

  it("takes one annotation and the defaults for the rest", () => {
    expect(readHealthCheck({ [`${PREFIX}-path`]: "/healthz" })).toEqual({
      check: {
        type: "http",
        path: "/healthz",
        host: null,
        port: null,
        status: { from: 200, to: 399 },
        body: null,
        intervalMs: 10_000,
        timeoutMs: 2000,
        rise: 2,
        fall: 3,
      },
      problems: [],
    });
  });

  it.each([
    ["", "tls", { type: "tls" }],
    ["-status", "200", { status: { from: 200, to: 200 } }],
    ["-status", "200-204", { status: { from: 200, to: 204 } }],
    ["-interval", "500ms", { intervalMs: 500, timeoutMs: 500 }],
    ["-timeout", "3s", { timeoutMs: 3000 }],
    ["-host", "shop.example.org", { host: "shop.example.org" }],
    ["-port", "9090", { port: 9090 }],
    ["-body", "ready", { body: "ready" }],
    ["-rise", "1", { rise: 1 }],
    ["-fall", "5", { fall: 5 }],
  ])("reads %s: %s", (name, text, expected) => {
    expect(readHealthCheck({ [PREFIX + name]: text })).toMatchObject({ check: expected, problems: [] });
  });

  it.each([
    ["", "ping"],
    ["-path", "healthz"],
    ["-path", "/a b"],
    ["-path", "/a\r\nx: y"],
    ["-host", "a b"],
    ["-port", "0"],
    ["-port", "65536"],
    ["-status", "99"],
    ["-status", "300-200"],
    ["-status", "200-299-399"],
    ["-interval", "10"],
    ["-interval", "99ms"],
    ["-timeout", "2h"],
    ["-rise", "0"],
    ["-fall", "x"],
  ])("says that it cannot read %s: %j and keeps the default", (name, text) => {
    const { check, problems } = readHealthCheck({ [PREFIX + name]: text });
    expect(problems).toMatchObject([{ annotation: PREFIX + name }]);
    expect(check).toMatchObject({ type: "http", path: "/", port: null, host: null, rise: 2, fall: 3 });
  });
});

describe("compile() with the health check of a TrafficPolicy", () => {
  const check = { ...HEALTH_CHECK_DEFAULTS, path: "/healthz" };
  const checksOf = (annotations: Readonly<Record<string, string>>) => {
    const policy = {
      meta: meta("TrafficPolicy", "checks"),
      hosts: ["shop.example.org"],
      steering: NO_SETTINGS,
      healthCheck: check,
      clientLocations: [],
    };
    const rules = [rule("shop.example.org", "/", "shop"), rule("blog.example.org", "/", "blog")];
    const config = observation(null, {
      clusters: [cluster("a")],
      ingresses: [ingress("i", { rules })],
      trafficPolicies: [policy],
    });
    const members = [
      observation("a", {
        services: [service("shop", { meta: meta("Service", "shop", { annotations }) }), service("blog")],
      }),
    ];
    const { snapshot } = compile({ config, clusters: members, previous: null, allowPrivateOrigins: false, nowMs: 0 });
    return allSteps(probeTargetSteps(snapshot.clusters, snapshot.hosts)).flatMap((target) =>
      target.check === null ? [] : [`${target.service ?? ""} ${target.check.type} ${target.check.path}`],
    );
  };

  it("checks the Services behind the policy's hosts, and no others", () => {
    expect(checksOf({})).toEqual(["default/shop/80 http /healthz"]);
  });

  it("leaves the last word to the Service", () => {
    expect(checksOf({ [PREFIX]: "tcp" })).toEqual(["default/shop/80 tcp /"]);
    expect(checksOf({ [PREFIX]: "none" })).toEqual([]);
  });
});
