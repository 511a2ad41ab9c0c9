import type { NamespaceObject } from "../../core/objects.ts";
import { fields, perMode } from "./fields.ts";
import { type Parsed, parse } from "./issues.ts";
import { envelope } from "./meta.ts";
import { dnsLabel } from "./names.ts";

/** Versions of Namespace; all of what it says to us is that it is there. */
export const namespaceVersions: readonly string[] = ["v1"];

/** Reads a Namespace. */
export function readNamespace(value: unknown, strict: boolean): Parsed<NamespaceObject> {
  return parse(schema(strict), value);
}

const schema = perMode((strict) => {
  const spec = fields(strict, {}, "finalizers").nullish();
  return envelope(strict, spec, { namespaced: false, name: dnsLabel }).transform(
    ({ meta }): NamespaceObject => ({ meta }),
  );
});
