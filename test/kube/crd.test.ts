import { describe, expect, it } from "vitest";
import { customResourceDefinitions } from "../../src/kube/schema/crd.ts";
import { jsonSchema, SCHEMA_KINDS } from "../../src/kube/schema/json-schema.ts";
import { structural } from "../../src/kube/schema/structural.ts";
import { parseManifests } from "../../src/kube/yaml.ts";
import { yamlText } from "../../src/kube/yaml-text.ts";

type Node = Readonly<Record<string, unknown>>;
interface Crd {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly names: { readonly kind: string; readonly plural: string };
    readonly versions: readonly [
      { readonly schema: { readonly openAPIV3Schema: Node }; readonly additionalPrinterColumns: readonly Node[] },
    ];
  };
}

const crds = customResourceDefinitions() as readonly Crd[];
const schemaOf = (kind: string) =>
  crds.find((crd) => crd.spec.names.kind === kind)?.spec.versions[0].schema.openAPIV3Schema ?? {};
const at = (node: unknown, ...path: string[]): Node =>
  path.reduce<unknown>((value, step) => (value as Node)[step], node) as Node;

/** Every schema node, with its way from the root. */
function* nodes(node: Node, path: string): Generator<[string, Node]> {
  yield [path, node];
  for (const [name, child] of Object.entries((node["properties"] ?? {}) as Record<string, Node>))
    yield* nodes(child, `${path}.${name}`);
  if (node["items"] !== undefined) yield* nodes(node["items"] as Node, `${path}[]`);
  if (typeof node["additionalProperties"] === "object") yield* nodes(node["additionalProperties"] as Node, `${path}.*`);
}

describe("customResourceDefinitions()", () => {
  it("defines each kind that has a schema, named as Kubernetes asks", () => {
    expect(crds.map((crd) => crd.spec.names.kind)).toEqual([...SCHEMA_KINDS]);
    for (const { metadata, spec } of crds) expect(metadata.name).toBe(`${spec.names.plural}.portolan.dev`);
  });

  it.each([...SCHEMA_KINDS])("keeps the rules of structural schemas in %s", (kind) => {
    const faults: string[] = [];
    let count = 0;
    for (const [path, node] of nodes(schemaOf(kind), kind)) {
      count += 1;
      if (typeof node["type"] !== "string") faults.push(`${path} has no single type`);
      if ("properties" in node && "additionalProperties" in node) faults.push(`${path} has both`);
      if (node["type"] === "array" && node["items"] === undefined) faults.push(`${path} has no items`);
      for (const banned of ["$ref", "$schema", "anyOf", "oneOf", "allOf", "not", "const", "propertyNames"])
        if (banned in node) faults.push(`${path} has ${banned}`);
      for (const name of (node["required"] ?? []) as string[])
        if (!(name in (node["properties"] as object))) faults.push(`${path} requires ${name}, which it has not`);
    }
    expect(faults).toEqual([]);
    expect(count).toBeGreaterThan(10);
  });

  it.each([...SCHEMA_KINDS])("knows the same fields of %s as the reader does", (kind) => {
    const names = (node: unknown, found: Set<string>): Set<string> => {
      if (Array.isArray(node)) for (const child of node) names(child, found);
      else if (typeof node === "object" && node !== null) {
        for (const name of Object.keys((node as Node)["properties"] ?? {})) found.add(name);
        for (const child of Object.values(node)) names(child, found);
      }
      return found;
    };
    const wanted = names(at(jsonSchema(kind), "properties", "spec"), new Set());
    expect(names(at(schemaOf(kind), "properties", "spec"), new Set())).toEqual(wanted);
  });

  it("says bounds, words and forms, and lets null stand where the reader does", () => {
    const spec = at(schemaOf("Cluster"), "properties", "spec", "properties");
    expect(spec["weight"]).toEqual({ type: "integer", minimum: 0, maximum: 1000, nullable: true });
    expect(at(spec, "gateway", "properties", "protocol")["enum"]).toEqual(["http", "https"]);
    const policy = at(schemaOf("TrafficPolicy"), "properties", "spec", "properties");
    expect(at(policy, "residency", "properties", "status")).toEqual({
      type: "number",
      enum: [451, 503],
    });
    expect(schemaOf("HostClaim")["required"]).toEqual(["spec"]);
    expect(schemaOf("Cluster")["required"]).toBeUndefined();
    const pattern = new RegExp(String(at(policy, "hosts", "items")["pattern"]));
    expect(["a.example.org", "*.example.org", "x"].filter((host) => !pattern.test(host))).toEqual([]);
    expect(["A.example.org", "a..b", "*", "a.*"].filter((host) => pattern.test(host))).toEqual([]);
  });

  it("survives YAML", () => {
    expect(parseManifests(yamlText(crds), "crds.yaml").documents.map(({ value }) => value)).toEqual(crds);
  });
});

describe("structural()", () => {
  it("refuses what an API server would refuse", () => {
    expect(() => structural({ anyOf: [{ type: "string" }, { type: "number" }] }, "spec.x")).toThrow(
      "Cannot define spec.x: it may be of several forms",
    );
    expect(() => structural({}, "spec.x")).toThrow("Cannot define spec.x: it has no type");
    expect(() => structural({ type: "string", if: {} }, "spec.x")).toThrow('a structural schema has no "if"');
  });
});
