import { didYouMean } from "./did-you-mean.ts";
import type { Finding } from "./finding.ts";
import { isRecord } from "./plain.ts";

const prefix = "portolan.dev/";
/** Every annotation of ours that means something. */
const known = ["portolan.dev/adopt", "portolan.dev/force-drain"];

/** Warnings about annotations that do nothing: misspelt ones of ours, and snippets, which no edge runs. */
export function judgeAnnotations(value: unknown): readonly Finding[] {
  const metadata = isRecord(value) ? value["metadata"] : undefined;
  const annotations = isRecord(metadata) ? metadata["annotations"] : undefined;
  if (!isRecord(annotations)) return [];
  return Object.keys(annotations).flatMap((name) => {
    const fault = judge(name, annotations[name]);
    if (fault === null) return [];
    const path = ["metadata", "annotations", name];
    return [{ severity: "warning", path, at: "key", ...fault } as const];
  });
}

function judge(name: string, value: unknown): { reason: string; message: string } | null {
  if (/^nginx\.ingress\.kubernetes\.io\/.*-snippet$/.test(name)) {
    return { reason: "SnippetIgnored", message: `${name} is never run at the edge; remove it or express it as rules` };
  }
  if (!name.startsWith(prefix)) return null;
  if (!known.includes(name)) {
    const near = didYouMean(
      name.slice(prefix.length),
      known.map((item) => item.slice(prefix.length)),
    );
    const hint = near === null ? `known are ${known.join(", ")}` : `did you mean ${prefix}${near}?`;
    return { reason: "UnknownAnnotation", message: `unknown annotation ${name}; ${hint}` };
  }
  if (value === "true" || value === "false") return null;
  const message = `${name} is ${JSON.stringify(value)} and has no effect; write "true" or "false"`;
  return { reason: "InvalidAnnotation", message };
}
