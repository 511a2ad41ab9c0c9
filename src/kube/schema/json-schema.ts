import * as z from "zod";
import { clusterSchema } from "./cluster.ts";
import { hostClaimSchema } from "./host-claim.ts";
import { trafficPolicySchema } from "./traffic-policy.ts";

const SCHEMAS: ReadonlyMap<string, (strict: boolean) => z.ZodType> = new Map<string, (strict: boolean) => z.ZodType>([
  ["Cluster", clusterSchema],
  ["TrafficPolicy", trafficPolicySchema],
  ["HostClaim", hostClaimSchema],
]);

/** Kinds that have a JSON schema. */
export const SCHEMA_KINDS: readonly string[] = [...SCHEMAS.keys()];

/** JSON schema (2020-12) of a kind of ours, made from the schema that reads it; null for other kinds. */
export function jsonSchema(kind: string): object | null {
  if (!SCHEMAS.has(kind)) return null;
  return { $id: `https://portolan.dev/schema/v1alpha1/${kind}.json`, title: kind, ...inputSchema(kind) };
}

/** What people may write for a kind of ours, as JSON schema. */
export function inputSchema(kind: string): z.core.JSONSchema.JSONSchema {
  const schema = SCHEMAS.get(kind)?.(true);
  if (schema === undefined) throw new RangeError(`Cannot describe ${kind}: it is not a kind of ours`);
  return z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override({ jsonSchema: node, path }) {
      // The reader refuses unknown fields of ours; `metadata` has Kubernetes' own.
      if (node.type === "object" && node.properties !== undefined && path.at(-1) !== "metadata") {
        node.additionalProperties = false;
      }
      if (path.length === 2 && path[1] === "kind") Object.assign(node, { const: kind });
      if (path.length === 2 && path[1] === "apiVersion") Object.assign(node, { const: "portolan.dev/v1alpha1" });
    },
  });
}
