import type { ServiceExportObject } from "../../core/objects.ts";
import { fields, perMode } from "./fields.ts";
import { type Parsed, parse } from "./issues.ts";
import { envelope } from "./meta.ts";
import { dnsLabel } from "./names.ts";

/** Versions of ServiceExport; all of what it says is its name. */
export const serviceExportVersions: readonly string[] = [
  "multicluster.x-k8s.io/v1beta1",
  "multicluster.x-k8s.io/v1alpha1",
];

/** Reads a ServiceExport of the Multi-Cluster Services API. */
export function readServiceExport(value: unknown, strict: boolean): Parsed<ServiceExportObject> {
  return parse(schema(strict), value);
}

const schema = perMode((strict) => {
  const spec = fields(strict, {}, "exportedLabels exportedAnnotations").nullish();
  return envelope(strict, spec, { namespaced: true, name: dnsLabel }).transform(
    ({ meta }): ServiceExportObject => ({ meta }),
  );
});
