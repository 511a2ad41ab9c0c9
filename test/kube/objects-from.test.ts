import * as fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Problem } from "../../src/core/objects.ts";
import { kinds } from "../../src/kube/kinds.ts";
import { manifestSet } from "../../src/kube/manifest-set.ts";
import { readObject } from "../../src/kube/objects-from.ts";

/** Problems of one manifest, as `line:column severity message`. */
function told(text: string): string[] {
  return manifestSet([{ file: "f.yaml", text }], null).problems.map(line);
}
function line({ position, severity, message }: Problem): string {
  return `${position?.line}:${position?.column} ${severity} ${message}`;
}
function read(value: unknown, strict: boolean = true) {
  return readObject(value, { strict, cluster: null });
}
const v1 = (spec: unknown, metadata: object = {}) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name: "web", ...metadata },
  spec,
});
const cluster = (spec: unknown) => ({
  apiVersion: "portolan.dev/v1alpha1",
  kind: "Cluster",
  metadata: { name: "fra" },
  spec,
});

describe("readObject()", () => {
  test("judges no annotation of a Namespace, where join notes whose it is", () => {
    const metadata = { name: "portolan-system", annotations: { "portolan.dev/cluster": "fra" } };
    const { object, problems } = read({ apiVersion: "v1", kind: "Namespace", metadata, spec: { finalizers: [] } });
    expect(problems).toEqual([]);
    expect(object?.list).toBe("namespaces");
  });

  test("reads of a Node where it is reached from outside, and whether it takes traffic", () => {
    const node = (labels: object, ready: string) => ({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "n1", labels, annotations: { "volumes.kubernetes.io/long": "…" } },
      spec: { providerID: "gce://p/z/n1", podCIDR: "10.0.0.0/24" },
      status: {
        addresses: [
          { type: "InternalIP", address: "10.0.0.1" },
          { type: "ExternalIP", address: "192.0.2.1" },
        ],
        conditions: [{ type: "Ready", status: ready, lastHeartbeatTime: "2026-11-25T00:00:00Z" }],
        images: [],
      },
    });
    const external = [{ ip: "192.0.2.1", hostname: null }];
    expect(read(node({}, "True")).object?.object).toMatchObject({
      isReady: true,
      external,
      providerId: "gce://p/z/n1",
    });
    expect(read(node({}, "Unknown")).object?.object).toMatchObject({ isReady: false });
    const excluded = { "node.kubernetes.io/exclude-from-external-load-balancers": "" };
    expect(read(node(excluded, "True")).object?.object).toMatchObject({ isReady: false });
    expect(read(node({}, "True")).problems).toEqual([]);
  });

  test("reads both Ingresses of the example as the same", () => {
    const [beta, current] = ["ingress-v1beta1.yaml", "ingress.yaml"].map((name) => {
      const text = readFileSync(join(import.meta.dirname, "../../examples/k8shserver", name), "utf8");
      const { objects, problems } = manifestSet([{ file: name, text }], null);
      expect(problems).toEqual([]);
      const object = objects.get("Ingress/default/k8shserver")?.object;
      return { ...object, meta: null };
    });
    expect(beta).toEqual(current);
    expect(beta).toMatchObject({ defaultBackend: { service: "k8shserver", port: "80" }, rules: [], className: null });
  });

  test("converts rules of a beta, where pathType may be missing", () => {
    const paths = [{ path: "/a", backend: { serviceName: "a", servicePort: "http" } }];
    const value = {
      ...v1({ rules: [{ host: "a.example.org", http: { paths } }] }),
      apiVersion: "networking.k8s.io/v1beta1",
    };
    expect(read(value).object?.object).toMatchObject({
      rules: [
        {
          host: "a.example.org",
          paths: [{ path: "/a", pathType: "ImplementationSpecific", backend: { service: "a", port: "http" } }],
        },
      ],
    });
  });

  test("tells every mistake of an object at once, with its place", () => {
    const text = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop }
spec:
  rules:
    - host: foo.example.org:80
      http:
        paths:
          - path: cart
            pathTyp: Exact
            pathType: Prefix
            backend:
              service: { name: web, port: { number: "80" } }
          - path: /y
            backend: { resource: { kind: Bucket } }
`;
    expect(told(text)).toEqual([
      '6:13 error spec.rules[0].host is "foo.example.org:80"; write it without a port',
      '9:19 error spec.rules[0].http.paths[0].path is "cart"; it must start with "/"',
      '10:13 error unknown field "pathTyp"; did you mean "pathType"?',
      '13:53 error spec.rules[0].http.paths[0].backend.service.port.number is "80" (text); write 80 without quotes',
      '14:13 error spec.rules[0].http.paths[1].pathType is missing; it must be "Exact", "Prefix" or "ImplementationSpecific"',
      "15:34 error spec.rules[0].http.paths[1].backend.resource is a resource backend, which Portolan does not support; use a Service",
    ]);
  });

  test("shows where a field of another version went", () => {
    const { problems } = read(v1({ backend: { serviceName: "a", servicePort: 80 } }));
    expect(problems.map(({ message }) => message)).toContain('unknown field "backend"; write "defaultBackend"');
  });

  test("accepts every field that kubectl prints for a live Service", () => {
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        name: "a",
        namespace: "b",
        creationTimestamp: "2026-01-02T03:04:05Z",
        managedFields: [],
        ownerReferences: [],
        generation: 1,
        annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}" },
      },
      spec: {
        clusterIP: "10.0.0.1",
        clusterIPs: ["10.0.0.1"],
        internalTrafficPolicy: "Cluster",
        ipFamilies: ["IPv4"],
        ipFamilyPolicy: "SingleStack",
        ports: [{ name: "http", nodePort: 30080, port: 80, protocol: "TCP", targetPort: "web", appProtocol: "http" }],
        selector: { app: "a" },
        sessionAffinity: "None",
        type: "LoadBalancer",
      },
      status: { loadBalancer: { ingress: [{ ip: "192.0.2.1", ipMode: "VIP" }, { hostname: "lb.example.org" }] } },
    };
    const { object, problems } = read(service);
    expect(problems).toEqual([]);
    expect(object?.object).toMatchObject({
      meta: { namespace: "b", createdMs: Date.UTC(2026, 0, 2, 3, 4, 5) },
      loadBalancer: [
        { ip: "192.0.2.1", hostname: null },
        { ip: null, hostname: "lb.example.org" },
      ],
    });
  });

  test("minds unknown fields in files only", () => {
    const value = v1({ defaultBackend: { service: { name: "a", port: { number: 80 } } }, later: 1 });
    expect(read(value).object).toBeNull();
    expect(read(value, false)).toMatchObject({ object: { list: "ingresses" }, problems: [] });
  });

  test("takes an endpoint without conditions for ready, and the zone of v1beta1", () => {
    const slice = {
      apiVersion: "discovery.k8s.io/v1beta1",
      kind: "EndpointSlice",
      metadata: { name: "s", labels: { "kubernetes.io/service-name": "a" } },
      addressType: "IPv4",
      ports: [{ name: "", port: 9090 }],
      endpoints: [
        { addresses: ["192.0.2.1"], topology: { "topology.kubernetes.io/zone": "z1" } },
        { addresses: ["192.0.2.2"], conditions: { ready: false } },
      ],
    };
    expect(read(slice).object?.object).toMatchObject({
      service: "a",
      ports: [{ name: null, port: 9090 }],
      endpoints: [
        { ready: true, zone: "z1" },
        { ready: false, zone: null },
      ],
    });
  });

  test("fills in the defaults of a Cluster and of its gateway", () => {
    expect(read(cluster({ gateway: { connectHost: "gw.example.org" } })).object?.object).toMatchObject({
      weight: 100,
      residency: [],
      originCidrs: [],
      gateway: { port: 443, protocol: "https", serverName: null, ca: null, host: "public" },
    });
    expect(read(cluster({ gateway: { connectHost: "192.0.2.1", protocol: "http" } })).object?.object).toMatchObject({
      gateway: { port: 80 },
    });
  });

  test.each([
    [{ weight: 1001 }, "spec.weight is 1001; it must be between 0 and 1000"],
    [{ weight: 1.5 }, "spec.weight is 1.5; it must be a whole number"],
    [{ location: { latitude: 91, longitude: 0 } }, "spec.location.latitude is 91; it must be between -90 and 90"],
    [{ location: { latitude: 1 } }, "spec.location.longitude is missing; it must be a number"],
    [
      { originCIDRs: ["10.0.0.0/33"] },
      'spec.originCIDRs[0] is "10.0.0.0/33"; it must be an address range such as "192.0.2.0/24"',
    ],
    [{ gateway: {} }, "spec.gateway.connectHost is missing; it must be text"],
    [{ regoin: "a" }, 'unknown field "regoin"; did you mean "region"?'],
    [{ region: 1 }, 'spec.region is 1 (a number); write "1" in quotes'],
    [[], "spec is an empty list; it must be a mapping"],
  ])("refuses the Cluster %j", (spec, message) => {
    const { object, problems } = read(cluster(spec));
    expect(object).toBeNull();
    expect(problems.map((problem) => problem.message)).toEqual([message]);
  });

  test("reads a TrafficPolicy with its defaults, and a HostClaim", () => {
    const ours = { apiVersion: "portolan.dev/v1alpha1", metadata: { name: "x" } };
    const policy = { ...ours, kind: "TrafficPolicy", spec: { steering: { type: "Nearest", tieWindow: { ms: 5 } } } };
    expect(read(policy).object?.object).toMatchObject({
      hosts: [],
      steering: { method: { type: "nearest" }, tieWindow: { ms: 5, percent: 5 } },
    });
    const claim = { ...ours, kind: "HostClaim", spec: { hosts: ["*.example.org"], namespaces: ["shop"] } };
    expect(read(claim).object?.object).toMatchObject({ hosts: ["*.example.org"], namespaces: ["shop"], clusters: [] });
  });

  test.each([
    [{ kind: "Deployment", apiVersion: "apps/v1" }, "warning Portolan does not read kind Deployment"],
    [{ kind: "Secret", apiVersion: "v1", data: { a: "x" } }, "warning Portolan does not read kind Secret"],
    [
      { kind: "Ingres", apiVersion: "networking.k8s.io/v1" },
      "error kind Ingres is not known in networking.k8s.io/v1; did you mean Ingress?",
    ],
    [{ kind: "Ingres", apiVersion: "x/v1" }, "warning Portolan does not read kind Ingres; did you mean Ingress?"],
    [
      { kind: "Service", apiVersion: "serving.knative.dev/v1" },
      "warning Portolan does not read kind Service of serving.knative.dev/v1",
    ],
    [{ kind: "Service", apiVersion: "v2" }, 'error apiVersion is "v2"; for Service write v1'],
    [{ kind: "Ingress" }, "error apiVersion is missing; write networking.k8s.io/v1"],
    [{}, "error kind is missing; write for instance Ingress"],
    [[1], "error Cannot read the document: it is not a mapping"],
    [null, "error Cannot read the document: it is not a mapping"],
  ])("judges what %j is", (value, expected) => {
    const { object, problems } = read(value);
    expect(object).toBeNull();
    expect(problems.map(({ severity, message }) => `${severity} ${message}`)).toEqual([expected]);
  });

  test("warns about annotations that do nothing", () => {
    const annotations = {
      "portolan.dev/adpot": "true",
      "portolan.dev/adopt": "yes",
      "portolan.dev/force-drain": "true",
      "nginx.ingress.kubernetes.io/server-snippet": "x",
      "example.org/other": "x",
    };
    const { object, problems } = read(
      v1({ defaultBackend: { service: { name: "a", port: { name: "http" } } } }, { annotations }),
    );
    expect(object).not.toBeNull();
    expect(problems.map(({ severity, message }) => `${severity} ${message}`)).toEqual([
      "warning unknown annotation portolan.dev/adpot; did you mean portolan.dev/adopt?",
      'warning portolan.dev/adopt is "yes" and has no effect; write "true" or "false"',
      "warning nginx.ingress.kubernetes.io/server-snippet is never run at the edge; remove it or express it as rules",
    ]);
  });

  test("is total: any value gives an object or an error, never an exception", () => {
    const names = fc.constantFrom(
      "name",
      "namespace",
      "rules",
      "host",
      "http",
      "paths",
      "path",
      "pathType",
      "backend",
      "service",
      "port",
      "number",
      "ports",
      "endpoints",
      "addresses",
      "gateway",
      "location",
      "steering",
      "hosts",
      "__proto__",
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom(null, "", "/", "*", -1, 80, 1e300, true, Number.NaN),
        fc.string(),
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(names, tie("tree"), { maxKeys: 4 }),
      ),
    }));
    const kind = fc.constantFrom(...kinds.values());
    fc.assert(
      fc.property(kind, fc.nat(2), tree, tree, fc.boolean(), (kind, version, metadata, spec, strict) => {
        const apiVersion = kind.apiVersions[version % kind.apiVersions.length];
        const { object, problems } = read({ kind: kind.kind, apiVersion, metadata, spec, status: spec }, strict);
        expect(object !== null || problems.some(({ severity }) => severity === "error")).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("manifestSet()", () => {
  test("keeps the first of two objects with one name and tells both places", () => {
    const manifest = (port: number) =>
      `apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec: { ports: [{ port: ${port} }] }\n`;
    const files = [
      { file: "a.yaml", text: manifest(80) },
      { file: "b.yaml", text: manifest(81) },
    ];
    const { objects, problems } = manifestSet(files, "fra");
    expect(objects.get("Service/default/a")?.object).toMatchObject({ ports: [{ port: 80 }] });
    expect(problems).toMatchObject([
      {
        severity: "error",
        reason: "DuplicateObject",
        cluster: "fra",
        message: "Service default/a is there twice, first at a.yaml:1:1; remove one",
        position: { file: "b.yaml", line: 4, column: 9 },
      },
    ]);
  });
});
