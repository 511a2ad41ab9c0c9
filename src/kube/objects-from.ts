import type { Problem } from "../core/objects.ts";
import { judgeAnnotations } from "./annotations.ts";
import { didYouMean } from "./did-you-mean.ts";
import { fieldText, type Finding, type PositionOf } from "./finding.ts";
import { type Kind, type KnownObject, kinds } from "./kinds.ts";
import { isRecord } from "./plain.ts";
import { type ControlSettings, readControl } from "./schema/control.ts";

/** Where a value comes from and how severe to be with it. */
export interface ReadOptions {
  /** True for files: unknown fields are errors, as with `kubectl --validate=strict`. False for a live API. */
  readonly strict: boolean;
  /** Cluster whose object it is, for the problems; null for the config source. */
  readonly cluster: string | null;
  readonly positionOf?: PositionOf;
}

/** An object, or null when it has an error or is none of ours, and everything its owner should know. */
export interface ReadObject {
  readonly object: KnownObject | null;
  readonly problems: readonly Problem[];
}

/**
 * Reads one plain value (JSON, or YAML already parsed) as a Kubernetes object. Total on any input: an error leaves
 * the object out and all of its problems are told at once.
 */
export function readObject(value: unknown, options: ReadOptions): ReadObject {
  const { positionOf } = options;
  const found = kindOf(value);
  // Certificates for `portolan edge --tls-secrets`, which reads them by itself: nothing that its owner should remove.
  if (!found.ok && isRecord(value) && value["kind"] === "Secret" && value["type"] === "kubernetes.io/tls") {
    return { object: null, problems: [] };
  }
  if (!found.ok) return { object: null, problems: [toProblem(found.finding, value, null, options)] };
  const { value: known, findings } = found.kind.read(value, options.strict);
  const all = [...findings, ...judgeAnnotations(value)];
  const problems = all.map((finding) => toProblem(finding, value, found.kind, options)).sort(byPosition);
  if (known === null || positionOf === undefined) return { object: known, problems };
  const meta = { ...known.object.meta, position: positionOf([]) };
  return { object: { list: known.list, object: { ...known.object, meta } } as KnownObject, problems };
}

/** The Control object of a `portolan.yaml`, which is for the control function alone and no object of the config source. */
export function isControl(value: unknown): boolean {
  return isRecord(value) && value["kind"] === "Control" && value["apiVersion"] === "portolan.dev/v1alpha1";
}

/** Judges a Control object; its settings are null when it has an error. */
export function readControlObject(
  value: unknown,
  options: ReadOptions,
): { readonly settings: ControlSettings | null; readonly problems: readonly Problem[] } {
  const { value: settings, findings } = readControl(value);
  return { settings, problems: findings.map((finding) => toProblem(finding, value, null, options)).sort(byPosition) };
}

function byPosition({ position: a }: Problem, { position: b }: Problem): number {
  return a === null || b === null ? 0 : a.line - b.line || a.column - b.column;
}

type FoundKind = { readonly ok: true; readonly kind: Kind } | { readonly ok: false; readonly finding: Finding };

function kindOf(value: unknown): FoundKind {
  if (!isRecord(value)) return refused("error", "NotAnObject", [], "Cannot read the document: it is not a mapping");
  const { kind: name, apiVersion } = value;
  if (typeof name !== "string" || name === "") {
    return refused("error", "MissingField", ["kind"], "kind is missing; write for instance Ingress");
  }
  if (typeof apiVersion !== "string" || apiVersion === "") {
    const versions = kinds.get(name)?.apiVersions[0];
    const hint = versions === undefined ? "" : `; write ${versions}`;
    return refused("error", "MissingField", ["apiVersion"], `apiVersion is missing${hint}`);
  }
  const kind = kinds.get(name);
  if (kind?.apiVersions.includes(apiVersion)) return { ok: true, kind };
  if (kind !== undefined && isKubernetesGroup(apiVersion)) {
    const message = `apiVersion is ${JSON.stringify(apiVersion)}; for ${name} write ${kind.apiVersions.join(" or ")}`;
    return refused("error", "UnsupportedVersion", ["apiVersion"], message);
  }
  const near = kind === undefined ? didYouMean(name, kinds.keys()) : null;
  const hint = near === null ? "" : `; did you mean ${near}?`;
  // In the group of the kind that was meant it can only be a slip, and what nobody reads would route nothing.
  if (near !== null && kinds.get(near)?.apiVersions.includes(apiVersion)) {
    return refused("error", "UnknownKind", ["kind"], `kind ${name} is not known in ${apiVersion}${hint}`);
  }
  const what = kind === undefined ? `kind ${name}` : `kind ${name} of ${apiVersion}`;
  return refused("warning", "KindIgnored", ["kind"], `Portolan does not read ${what}${hint}`);
}

/** Not a third party's group that happens to have a kind of the same name, as `serving.knative.dev` has a Service. */
function isKubernetesGroup(apiVersion: string): boolean {
  const [group = "", version] = apiVersion.split("/", 2);
  return version === undefined || !group.includes(".") || /(?:^|\.)(?:k8s\.io|portolan\.dev)$/.test(group);
}

function refused(severity: "error" | "warning", reason: string, path: string[], message: string): FoundKind {
  return { ok: false, finding: { severity, reason, path, at: "value", message } };
}

function toProblem(finding: Finding, value: unknown, kind: Kind | null, options: ReadOptions): Problem {
  return {
    severity: finding.severity,
    reason: finding.reason,
    cluster: options.cluster,
    object: nameOf(value, kind),
    field: fieldText(finding.path),
    message: finding.message,
    position: options.positionOf?.(finding.path, finding.at) ?? null,
  };
}

function nameOf(value: unknown, kind: Kind | null): string {
  if (!isRecord(value) || typeof value["kind"] !== "string") return "";
  const metadata = isRecord(value["metadata"]) ? value["metadata"] : {};
  const name = typeof metadata["name"] === "string" ? metadata["name"] : "(without a name)";
  const given = typeof metadata["namespace"] === "string" ? metadata["namespace"] : null;
  const namespace = given ?? (kind?.namespaced ? "default" : null);
  return `${value["kind"]} ${namespace === null || kind?.namespaced === false ? name : `${namespace}/${name}`}`;
}
