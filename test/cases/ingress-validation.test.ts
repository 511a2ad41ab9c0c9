import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readObject } from "../../src/kube/objects-from.ts";

interface ValidationCase {
  readonly id: string;
  readonly kind: string;
  readonly field: string;
  readonly value: unknown;
  readonly valid: boolean;
  readonly why: string;
}

const file = join(import.meta.dirname, "../../../shared/cases/path_matching.json");
const { validation } = JSON.parse(readFileSync(file, "utf8")) as { readonly validation: readonly ValidationCase[] };
const cases = validation.filter(({ kind }) => kind === "Ingress");

test("path_matching.json has validation cases for Ingress", () => {
  expect(cases.length).toBeGreaterThan(0);
});

test.each(cases)("readObject() judges $id: $field $value ($why)", ({ field, value, valid }) => {
  // "path (Exact|Prefix)" names the path types for which the rule holds.
  const [, name = field, types = "Prefix"] = /^([\w.]+)(?: \(([\w|]+)\))?$/.exec(field) ?? [];
  for (const pathType of types.split("|")) {
    const { object, problems } = readObject(ingressWith(name, value, pathType), { strict: true, cluster: null });
    expect({ valid: object !== null, problems: valid ? problems : [] }).toEqual({ valid, problems: [] });
  }
});

function ingressWith(field: string, value: unknown, pathType: string): unknown {
  const item = { path: "/", pathType, backend: { service: { name: "web", port: { number: 80 } } } };
  const rule = { host: "foo.example", http: { paths: [item] } };
  switch (field) {
    case "host":
      rule.host = value as string;
      break;
    case "path":
      item.path = value as string;
      break;
    case "pathType":
      item.pathType = value as string;
      break;
    case "port":
    case "port.number":
      item.backend.service.port = { number: value as number };
      break;
    default:
      throw new RangeError(`Cannot judge the field ${field}: this test does not know it`);
  }
  return { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata: { name: "web" }, spec: { rules: [rule] } };
}
