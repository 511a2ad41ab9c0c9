import { isRecord } from "../plain.ts";

/** Keywords that mean the same in JSON schema and in a structural schema. */
const KEPT = [
  "type",
  "format",
  "pattern",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "enum",
];
/** Dropped on purpose: an API server prunes or refuses unknown fields by itself. */
const DROPPED = ["additionalProperties", "propertyNames", "properties", "required", "items", "anyOf", "const"];

/**
 * A JSON schema node as Kubernetes' structural schemas have it: one type each, `nullable` for null, no unions. Throws
 * for what that form cannot say, so that a new field of ours cannot slip through unseen.
 */
export function structural(node: unknown, path: string): Readonly<Record<string, unknown>> {
  if (!isRecord(node)) throw new TypeError(`Cannot define ${path}: it has no schema`);
  const unknown = Object.keys(node).find((key) => !KEPT.includes(key) && !DROPPED.includes(key));
  if (unknown !== undefined) throw new TypeError(`Cannot define ${path}: a structural schema has no "${unknown}"`);
  const { anyOf } = node;
  if (Array.isArray(anyOf)) return union(anyOf, path);
  if (Array.isArray(node["type"]))
    return { ...structural({ ...node, type: soleType(node["type"], path) }, path), nullable: true };
  const result: Record<string, unknown> = {};
  for (const key of KEPT) if (node[key] !== undefined) result[key] = node[key];
  if ("const" in node) result["enum"] = [node["const"]];
  if (typeof result["type"] !== "string") throw new TypeError(`Cannot define ${path}: it has no type`);
  // Zod bounds every safe integer; the API server's own bounds are as good.
  if (result["type"] === "object") Object.assign(result, objectParts(node, path));
  if (result["type"] === "array") result["items"] = structural(node["items"], `${path}[]`);
  return result;
}

function objectParts(node: Readonly<Record<string, unknown>>, path: string): object {
  const { properties, additionalProperties, required } = node;
  if (!isRecord(properties)) {
    return { additionalProperties: structural(additionalProperties, `${path}.*`) };
  }
  const fields = Object.entries(properties).map(([name, field]) => [name, structural(field, `${path}.${name}`)]);
  const hasRequired = Array.isArray(required) && required.length > 0;
  return { properties: Object.fromEntries(fields), ...(hasRequired ? { required } : {}) };
}

function union(members: readonly unknown[], path: string): Readonly<Record<string, unknown>> {
  const values = members.filter((member) => !(isRecord(member) && member["type"] === "null"));
  const nullable = values.length < members.length ? { nullable: true } : {};
  const [only] = values;
  if (values.length === 1) return nulled({ ...structural(only, path), ...nullable });
  const forms = values.map((member) => structural(member, path));
  const types = new Set(forms.map((form) => form["type"]));
  if (types.size !== 1 || !forms.every((form) => Array.isArray(form["enum"]))) {
    throw new TypeError(`Cannot define ${path}: it may be of several forms`);
  }
  return { type: forms[0]?.["type"], enum: forms.flatMap((form) => form["enum"]) };
}

function soleType(types: readonly unknown[], path: string): unknown {
  const [type, ...more] = types.filter((one) => one !== "null");
  if (more.length > 0) throw new TypeError(`Cannot define ${path}: it has several types`);
  return type;
}

/** An API server looks a null up in the words, and does not find it even when it stands there. */
function nulled({ nullable, ...form }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return nullable === undefined || form["enum"] !== undefined ? form : { ...form, nullable };
}
