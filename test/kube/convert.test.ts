import { describe, expect, it } from "vitest";
import { convertManifests } from "../../src/kube/convert.ts";
import { readObject } from "../../src/kube/objects-from.ts";
import { parseManifests } from "../../src/kube/yaml.ts";

const BETA = `apiVersion: extensions/v1beta1
kind: Ingress
metadata:
  name: api
  namespace: shop
  labels: { team: "007" }
  annotations:
    kubernetes.io/ingress.class: nginx
    flag: "yes"
    "no": "0o17"
    time: "12:30"
    snippet: "a: b #c\\n  d\\n"
    odd: "trailing \\n \\u0001é"
spec:
  tls: [{ hosts: [a.example.org], secretName: cert }]
  backend: { serviceName: web, servicePort: 80 }
  rules:
    - host: a.example.org
      http:
        paths:
          - { path: /api, backend: { serviceName: api, servicePort: http } }
          - { path: /, pathType: Prefix, backend: { serviceName: api, servicePort: 8080 } }
status: { loadBalancer: { ingress: [{ ip: 192.0.2.1 }] } }
`;

const converted = (text: string, className: string | null = null) =>
  convertManifests([{ file: "f.yaml", text }], className);
const values = (text: string) => parseManifests(text, "f.yaml").documents.map(({ value }) => value);

describe("convertManifests()", () => {
  it("gives the v1 object that an API server would make, everything else untouched", () => {
    const { text, changed, problems } = converted(BETA);
    const [before] = values(BETA);
    const [after] = values(text);
    expect(after).toMatchObject({ apiVersion: "networking.k8s.io/v1" });
    const { spec: _spec, apiVersion: _version, ...rest } = after as Record<string, unknown>;
    expect(before).toMatchObject(rest);
    expect(after).toHaveProperty("spec", {
      tls: [{ hosts: ["a.example.org"], secretName: "cert" }],
      defaultBackend: { service: { name: "web", port: { number: 80 } } },
      rules: [
        {
          host: "a.example.org",
          http: {
            paths: [
              {
                path: "/api",
                pathType: "ImplementationSpecific",
                backend: { service: { name: "api", port: { name: "http" } } },
              },
              { path: "/", pathType: "Prefix", backend: { service: { name: "api", port: { number: 8080 } } } },
            ],
          },
        },
      ],
    });
    expect(problems).toEqual([]);
    expect(changed).toEqual([
      {
        object: "Ingress shop/api",
        changes: [
          "extensions/v1beta1 is networking.k8s.io/v1 now",
          "3 backends as service.name and service.port",
          "pathType ImplementationSpecific on 1 path, as extensions/v1beta1 meant",
          "annotation kubernetes.io/ingress.class: nginx stays; --class moves it",
        ],
      },
    ]);
  });

  it("means the same to our reader before and after", () => {
    const read = (text: string) =>
      values(text).map((value) => {
        const object = readObject(value, { strict: true, cluster: null }).object?.object;
        return { ...object, meta: { ...object?.meta, apiVersion: "" } };
      });
    expect(read(converted(BETA).text)).toEqual(read(BETA));
  });

  it("quotes what YAML 1.1 would read as something else", () => {
    const { text } = converted(BETA);
    for (const quoted of ['team: "007"', 'flag: "yes"', '"no": "0o17"', 'time: "12:30"'])
      expect(text).toContain(quoted);
    expect(parseManifests(text, "f").problems).toEqual([]);
  });

  it("is the identity on what it wrote", () => {
    const once = converted(BETA);
    const twice = converted(once.text);
    expect(twice.text).toBe(once.text);
    expect(twice.changed).toEqual([]);
  });

  it("moves an Ingress to a class, and takes the annotation away, which the API would refuse beside it", () => {
    const [after] = values(converted(BETA, "portolan").text);
    expect(after).toHaveProperty("spec.ingressClassName", "portolan");
    expect(JSON.stringify(after)).not.toContain("ingress.class");
    expect(after).toHaveProperty("metadata.annotations.flag", "yes");
  });

  it("passes other kinds through, and a List as its items", () => {
    const list = `kind: List\napiVersion: v1\nitems:\n- ${BETA.trim().replaceAll("\n", "\n  ")}\n- { apiVersion: v1, kind: Secret, metadata: { name: s }, data: { a: eA== } }\n`;
    const { text, problems } = converted(list);
    expect(problems).toEqual([]);
    expect(values(text).map((value) => (value as { kind: string }).kind)).toEqual(["Ingress", "Secret"]);
    expect(values(text)[1]).toEqual({ apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, data: { a: "eA==" } });
  });

  it("leaves out an object with an error, says where, and goes on", () => {
    const bad = BETA.replace("serviceName: api, servicePort: http", "service: { name: api }");
    const { text, problems } = converted(`${bad}---\n${BETA}---\njust text\n`);
    expect(values(text)).toHaveLength(1);
    expect(problems.map(({ position, message }) => [position?.line, position?.column, message.slice(0, 40)])).toEqual([
      [21, 36, "spec.rules[0].http.paths[0].backend.serv"],
      [21, 38, 'unknown field "service"; write "serviceN'],
      [49, 1, "Cannot read the document: it is not a ma"],
    ]);
  });

  it("converts what other controllers serve and Portolan does not, with a warning", () => {
    const foreign = BETA.replace("path: /api,", 'path: "/api(/|$)(.*)?",').replace(
      "{ serviceName: web, servicePort: 80 }",
      "{ resource: { apiGroup: k8s.example.org, kind: Bucket, name: b } }",
    );
    const { text, problems } = converted(foreign);
    expect(problems.map(({ severity, field }) => [severity, field])).toEqual([
      ["warning", "spec.backend.resource"],
      ["warning", "spec.rules[0].http.paths[0].path"],
    ]);
    expect(values(text)[0]).toHaveProperty("spec.defaultBackend", {
      resource: { apiGroup: "k8s.example.org", kind: "Bucket", name: "b" },
    });
  });
});
