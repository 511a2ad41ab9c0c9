import { HEALTH_CHECK_ANNOTATIONS, readHealthCheck } from "../core/compile/health-check.ts";
import { ROUTE_ANNOTATIONS, readRouteAnnotations } from "../core/compile/route-annotations.ts";
import { ANNOTATION_PREFIX, readAnnotations, STEERING_ANNOTATIONS } from "../core/steering/annotations.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { Finding } from "./finding.ts";
import { isRecord } from "./plain.ts";

const prefix = ANNOTATION_PREFIX;
/** Every annotation of ours that means something, without the prefix. */
const switches = ["adopt", "force-drain"];
const checks = HEALTH_CHECK_ANNOTATIONS.map((name) => name.slice(ANNOTATION_PREFIX.length));
const routes = ROUTE_ANNOTATIONS.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
const known = [...switches, ...routes, ...STEERING_ANNOTATIONS, ...checks];

/** Warnings about annotations that do nothing: misspelt ones of ours, and snippets, which no edge runs. */
export function judgeAnnotations(value: unknown): readonly Finding[] {
  // Nobody asks us for anything there; `portolan join` notes on its Namespace whose it is.
  if (isRecord(value) && (value["kind"] === "Namespace" || value["kind"] === "Node")) return [];
  const metadata = isRecord(value) ? value["metadata"] : undefined;
  const annotations = isRecord(metadata) ? metadata["annotations"] : undefined;
  if (!isRecord(annotations)) return [];
  const own = Object.keys(annotations).flatMap((name) => {
    const fault = judge(name, annotations[name]);
    return fault === null ? [] : [warning(name, fault)];
  });
  const texts = Object.entries(annotations).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const steering = readAnnotations(Object.fromEntries(texts)).problems.map(({ name, message }) =>
    warning(name, { reason: "InvalidAnnotation", message }),
  );
  const asks = readRouteAnnotations(Object.fromEntries(texts), true).problems.map(({ annotation, message }) =>
    warning(annotation, { reason: "InvalidAnnotation", message }),
  );
  return [...own, ...asks, ...steering];
}

function warning(name: string, fault: { readonly reason: string; readonly message: string }): Finding {
  return { severity: "warning", path: ["metadata", "annotations", name], at: "key", ...fault };
}

function judge(name: string, value: unknown): { reason: string; message: string } | null {
  if (/^nginx\.ingress\.kubernetes\.io\/.*-snippet$/.test(name)) {
    return { reason: "SnippetIgnored", message: `${name} is never run at the edge; remove it or express it as rules` };
  }
  if (!name.startsWith(prefix)) return null;
  const key = name.slice(prefix.length);
  if (!known.includes(key)) {
    const near = didYouMean(key, known);
    const hint = near === null ? `known are ${known.join(", ")}` : `did you mean ${prefix}${near}?`;
    return { reason: "UnknownAnnotation", message: `unknown annotation ${name}; ${hint}` };
  }
  if (HEALTH_CHECK_ANNOTATIONS.includes(name)) {
    const [problem] = readHealthCheck({ [name]: String(value) }).problems;
    return problem === undefined ? null : { reason: "InvalidAnnotation", message: problem.message };
  }
  if (!switches.includes(key) || value === "true" || value === "false") return null;
  const message = `${name} is ${JSON.stringify(value)} and has no effect; write "true" or "false"`;
  return { reason: "InvalidAnnotation", message };
}
