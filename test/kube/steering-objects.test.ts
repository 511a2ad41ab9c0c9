import { describe, expect, it } from "vitest";
import { parseManifests } from "../../src/kube/yaml.ts";
import { readObject } from "../../src/kube/objects-from.ts";
import { jsonSchema } from "../../src/kube/schema/json-schema.ts";

function problemsOf(yaml: string): string[] {
  const { documents } = parseManifests(yaml, "p.yaml");
  return documents.flatMap(({ value, positionOf }) =>
    readObject(value, { strict: true, cluster: null, positionOf }).problems.map(
      ({ severity, position, message }) =>
        `${position?.file}:${position?.line}:${position?.column} ${severity} ${message}`,
    ),
  );
}

function policyOf(spec: string): unknown {
  const yaml = `apiVersion: portolan.dev/v1alpha1\nkind: TrafficPolicy\nmetadata: { name: p }\nspec:\n${spec}`;
  const [document] = parseManifests(yaml, "p.yaml").documents;
  const { object, problems } = readObject(document?.value, { strict: true, cluster: null });
  expect(problems).toEqual([]);
  return object?.object;
}

const head = "apiVersion: portolan.dev/v1alpha1\nkind: TrafficPolicy\nmetadata: { name: p }\nspec:\n";

describe("TrafficPolicy", () => {
  it("reads everything that steering knows", () => {
    const spec = `  hosts: [shop.example.org]
  steering:
    type: Geolocation
    rules: [{ from: [DE, eu, 192.0.2.0/24, "continent:EU", "*"], clusters: [eu] }]
    tieWindow: { ms: 5 }
    clusters: [{ name: us, bias: -20, weight: 7, ramp: { start: "2026-11-24T00:00:00Z", duration: 1h } }, { name: eu, drain: { deadline: "2026-11-25T00:00:00+01:00" } }]
    spill: { byReadiness: true }
    slowStart: { window: 30s }
  canary: { clusters: [us], percent: 5, header: { name: X-Canary } }
  residency: { rules: [{ from: [nordics], within: [eu] }], unknownAs: Allow, status: 503 }
  affinity: { type: Header, header: X-Tenant }
  maintenance: { retryAfter: 10m, until: "2026-11-25T00:00:00Z", except: [192.0.2.0/24] }
  limits: { connections: 100, requests: 50 }
  healthCheck: { type: HTTP, path: /healthz, status: "200", interval: 1s, fall: 2 }
  groups: [{ name: nordics, places: [SE, "NO", FI, DK, eu] }]
`;
    expect(policyOf(spec)).toMatchObject({
      hosts: ["shop.example.org"],
      healthCheck: {
        type: "http",
        path: "/healthz",
        host: null,
        port: null,
        status: { from: 200, to: 200 },
        body: null,
        intervalMs: 1000,
        timeoutMs: 1000,
        rise: 2,
        fall: 2,
      },
      steering: {
        method: { type: "geolocation", rules: [{ clusters: ["eu"] }] },
        tieWindow: { ms: 5, percent: 5 },
        clusters: [
          { cluster: "eu", weight: 0, bias: null, ramp: null, drainUntilMs: Date.UTC(2026, 10, 24, 23) },
          {
            cluster: "us",
            weight: 7,
            bias: -20,
            ramp: { startMs: Date.UTC(2026, 10, 24), durationMs: 3_600_000, fromPercent: 10 },
          },
        ],
        spill: { overProvisioning: 1.4, byReadiness: true },
        slowStart: { windowMs: 30_000, fromPercent: 10 },
        canary: { clusters: ["us"], percent: 5, header: { name: "x-canary", value: null }, cookie: null },
        residency: { unknownAs: "allow", onNoCluster: "reject", status: 503 },
        limits: { connections: 100, pending: null, requests: 50 },
        affinity: { type: "header", name: "x-tenant" },
        maintenance: { status: 503, retryAfterSeconds: 600, fromMs: null, untilMs: Date.UTC(2026, 10, 25) },
        groups: [{ name: "nordics", places: ["SE", "NO", "FI", "DK", "eu"] }],
      },
    });
  });

  it.each([
    ["  steering: { typ: Nearest }\n", 'p.yaml:5:15 error unknown field "typ"; did you mean "type"?'],
    [
      '  healthCheck: { status: "300-200" }\n',
      'p.yaml:5:26 error spec.healthCheck.status is "300-200"; it must be "200" or "200-399"',
    ],
    [
      "  healthCheck: { path: healthz }\n",
      'p.yaml:5:24 error spec.healthCheck.path is "healthz"; it must be a path that begins with /',
    ],
    ["  steering:\n    type: Failover\n", 'p.yaml:6:11 error spec.steering.type is Failover, which needs "tiers"'],
    [
      "  steering:\n    rules: [{ from: [DE], clusters: [a] }]\n",
      "p.yaml:6:5 error spec.steering.rules is for type Geolocation alone",
    ],
    [
      "  steering:\n    clusters: [{ name: a, bias: 100 }]\n",
      "p.yaml:6:33 error spec.steering.clusters[0].bias is 100; it must be between -99 and 99",
    ],
    [
      "  residency: { rules: [{ from: [Germany], within: [eu] }] }\n",
      'p.yaml:5:33 error spec.residency.rules[0].from[0] is "Germany"; it must be a network',
    ],
    [
      "  groups: [{ name: north, places: [NO] }]\n",
      'p.yaml:5:36 error spec.groups[0].places[0] is false (a truth value); write "NO" in quotes if that was meant',
    ],
    ["  affinity: { type: Header }\n", 'p.yaml:5:21 error spec.affinity.type is Header, which needs "header"'],
    [
      "  maintenance: { until: tomorrow }\n",
      'p.yaml:5:25 error spec.maintenance.until is "tomorrow"; write a time with its zone',
    ],
    ["  affinity: { type: Cookie, ttl: 1y }\n", 'p.yaml:5:34 error spec.affinity.ttl is "1y"; write a duration'],
  ])("tells where and what: %j", (spec, expected) => {
    expect(problemsOf(head + spec).join("\n")).toContain(expected);
  });

  it("has a JSON schema that says what the reader says", () => {
    const schema = jsonSchema("TrafficPolicy") as Record<string, unknown>;
    expect(schema).toMatchObject({
      title: "TrafficPolicy",
      required: ["apiVersion", "kind", "metadata", "spec"],
      properties: {
        kind: { const: "TrafficPolicy" },
        spec: { additionalProperties: false, properties: { residency: expect.anything(), canary: expect.anything() } },
      },
    });
    const text = JSON.stringify(schema);
    expect(text).toContain('"enum":["Nearest","LeastLatency","Weighted","Failover","Geolocation"]');
    expect(text).toContain('"type":"integer","minimum":-99,"maximum":99');
    expect(jsonSchema("Ingress")).toBeNull();
  });
});

describe("annotations of steering", () => {
  const ingress = (annotations: string) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations:
${annotations}
spec:
  defaultBackend: { service: { name: shop, port: { number: 80 } } }
`;
  it.each([
    [
      "    portolan.dev/steerin: nearest",
      "p.yaml:6:5 warning unknown annotation portolan.dev/steerin; did you mean portolan.dev/steering?",
    ],
    [
      "    portolan.dev/steering: closest",
      'p.yaml:6:5 warning portolan.dev/steering is "closest" and has no effect; write nearest',
    ],
    ["    portolan.dev/weights: a=1001", 'write "a=80, b=20", 0 to 1000'],
    ["    portolan.dev/canary-percent: 5%", "set portolan.dev/canary-clusters too"],
    ["    portolan.dev/residency: eu", "lets no cluster serve the host until it can be read"],
    ["    portolan.dev/affinity: sticky", "write cookie, client-address or header:NAME"],
  ])("that cannot be read are told: %s", (annotation, expected) => {
    expect(problemsOf(ingress(annotation)).join("\n")).toContain(expected);
  });

  it("that are right are not mentioned", () => {
    const all = `    portolan.dev/steering: geolocation
    portolan.dev/geolocation: "DE, AT = a; eu = b, c; 192.0.2.0/24 = a; * = d"
    portolan.dev/bias: "a=10, b=-20"
    portolan.dev/tie-window: 2ms 5%
    portolan.dev/slow-start: 90s 10%
    portolan.dev/affinity: cookie
    portolan.dev/affinity-ttl: 23h
    portolan.dev/canary-clusters: d
    portolan.dev/canary-percent: 5%
    portolan.dev/canary-header: x-canary
    portolan.dev/canary-cookie: canary=yes
    portolan.dev/residency: "eu = eu; * = eu, us"
    portolan.dev/residency-unknown: strictest
    portolan.dev/residency-no-cluster: "451"
    portolan.dev/maintenance: "off"`;
    expect(problemsOf(ingress(all))).toEqual([]);
  });
});
