import type { Problem } from "../core/objects.ts";
import { convertIngress, INGRESS_V1 } from "./convert-ingress.ts";
import type { ManifestFile } from "./manifest-set.ts";
import { readObject } from "./objects-from.ts";
import { isRecord } from "./plain.ts";
import { type ManifestDocument, parseManifests } from "./yaml.ts";
import { yamlText } from "./yaml-text.ts";

export interface Conversion {
  /** YAML documents, in the order of the files; an object with an error is not among them. */
  readonly text: string;
  readonly objects: number;
  /** `Ingress shop/shop` and what is different now, for each object that was changed. */
  readonly changed: readonly { readonly object: string; readonly changes: readonly string[] }[];
  readonly problems: readonly Problem[];
}

/**
 * Ingresses of any version as `networking.k8s.io/v1`, every other object as it is. Total: what cannot be converted is
 * left out with its problems. `className` moves every Ingress to that IngressClass.
 */
export function convertManifests(files: readonly ManifestFile[], className: string | null): Conversion {
  const values: unknown[] = [];
  const changed: { object: string; changes: readonly string[] }[] = [];
  const problems: Problem[] = [];
  for (const { file, text } of files) {
    const manifests = parseManifests(text, file);
    problems.push(...manifests.problems);
    for (const document of manifests.documents) {
      const found = judge(document);
      problems.push(...found);
      if (found.some(({ severity }) => severity === "error") || !isRecord(document.value)) continue;
      if (!isConvertible(document.value)) {
        values.push(document.value);
        continue;
      }
      const { value, changes } = convert(document.value, className);
      values.push(value);
      if (changes.length > 0) changed.push({ object: nameOf(document.value), changes });
    }
  }
  return { text: yamlText(values), objects: values.length, changed, problems };
}

function isConvertible(value: Readonly<Record<string, unknown>>): boolean {
  const group = String(value["apiVersion"]).split("/")[0];
  return (
    (value["kind"] === "Ingress" || value["kind"] === "IngressClass") &&
    (group === "networking.k8s.io" || group === "extensions")
  );
}

function convert(value: Readonly<Record<string, unknown>>, className: string | null) {
  if (value["kind"] === "Ingress") return convertIngress(value, className);
  // Both versions of an IngressClass have the same fields.
  const changes = value["apiVersion"] === INGRESS_V1 ? [] : [`${String(value["apiVersion"])} is ${INGRESS_V1} now`];
  return { value: { ...value, apiVersion: INGRESS_V1 }, changes };
}

/** What stops a conversion, and what Portolan would not route afterwards, as warnings. */
function judge({ value, positionOf }: ManifestDocument): readonly Problem[] {
  const isKnown = isRecord(value) && typeof value["kind"] === "string" && typeof value["apiVersion"] === "string";
  if (isKnown && !isConvertible(value)) return [];
  return readObject(value, { strict: true, cluster: null, positionOf }).problems.flatMap((problem) => {
    // An API server takes these; other controllers may serve them.
    const isOurs = problem.reason === "UnsupportedBackend" || problem.field.endsWith(".path");
    if (!isOurs) return [problem];
    return [{ ...problem, severity: "warning" as const, message: `${problem.message}; it is converted all the same` }];
  });
}

function nameOf(value: Readonly<Record<string, unknown>>): string {
  const metadata = isRecord(value["metadata"]) ? value["metadata"] : {};
  const parts = [metadata["namespace"], metadata["name"]].filter((part) => typeof part === "string");
  return `${String(value["kind"])} ${parts.join("/")}`;
}
