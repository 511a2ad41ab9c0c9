import type { Document, ErrorCode, ScalarTag } from "yaml";
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseAllDocuments, Scalar, visit } from "yaml";
import type { Position, Problem } from "../core/objects.ts";
import type { PositionOf } from "./finding.ts";
import { isRecord } from "./plain.ts";

/** One Kubernetes object of a file, not yet judged. */
export interface ManifestDocument {
  /** The plain value, as `kubectl` would read it. */
  readonly value: unknown;
  readonly positionOf: PositionOf;
}

/** What a file holds. Documents with a syntax error are left out and told in `problems`. */
export interface Manifests {
  readonly documents: readonly ManifestDocument[];
  readonly problems: readonly Problem[];
}

/**
 * Reads a file of YAML documents, or of JSON, which is YAML too. Empty documents are skipped, and a List gives one
 * document per item. Never throws: whatever is wrong becomes a problem with line and column (both from 1).
 *
 * kubectl reads YAML 1.1: `on`, `yes`, `0644` and `1_000` get the value they have there, and a warning, since they
 * read differently everywhere else.
 */
export function parseManifests(text: string, file: string): Manifests {
  const lines = new LineCounter();
  const problems: Problem[] = [];
  const documents: ManifestDocument[] = [];
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(Math.max(0, offset));
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const report = (severity: Problem["severity"], reason: string, message: string, offset: number): void => {
    problems.push({ severity, reason, cluster: null, object: "", field: "", message, position: at(offset) });
  };
  let parsed: readonly Document[];
  try {
    parsed = parseAllDocuments(text, {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: "silent",
      merge: true,
      customTags: (tags) => [...yaml11Tags, ...tags],
    });
  } catch (cause) {
    // Nesting deep enough to exhaust the stack ends here.
    report("error", "InvalidSyntax", `Cannot parse the file: ${reasonOf(cause)}`, 0);
    return { documents, problems };
  }
  for (const document of parsed) {
    const duplicates = document.errors.filter(({ code }) => code === "DUPLICATE_KEY");
    // After the first syntax error the parser guesses, and its further errors only describe the guess.
    const told = duplicates.length > 0 ? duplicates : document.errors.slice(0, 1);
    for (const { code, message, pos } of told) {
      const { reason, text } = syntaxMessage(code, message);
      report("error", reason, text, pos[0]);
    }
    if (document.errors.length > 0 || document.contents === null) continue;
    try {
      const value: unknown = document.toJS();
      if (value === null || value === undefined) continue;
      // A Secret's values must not reach a message, so nothing inside one is looked at.
      if (!isSecret(value)) {
        for (const { message, pos } of document.warnings) report("warning", "UnknownTag", firstLine(message), pos[0]);
        reportAmbiguousScalars(document, report);
      }
      documents.push(...objectsOf(value, positions(document, at)));
    } catch (cause) {
      report(
        "error",
        "InvalidSyntax",
        `Cannot resolve the document's aliases: ${reasonOf(cause)}`,
        aliasOffset(document),
      );
    }
  }
  return { documents, problems };
}

function objectsOf(value: unknown, positionOf: PositionOf): ManifestDocument[] {
  const items =
    isRecord(value) && typeof value["kind"] === "string" && value["kind"].endsWith("List") && value["items"];
  if (!Array.isArray(items)) return [{ value, positionOf }];
  return items.flatMap((item: unknown, index) =>
    objectsOf(item, (path, at) => positionOf(["items", index, ...path], at)),
  );
}

function positions(document: Document, at: (offset: number) => Position): PositionOf {
  return (path, what = "value") => {
    let node: unknown = document.contents;
    let offset = offsetOf(node) ?? 0;
    for (const [depth, step] of path.entries()) {
      if (isAlias(node)) node = node.resolve(document);
      const pair = isMap(node) ? node.items.find((item) => keyText(item.key) === String(step)) : undefined;
      const next: unknown = pair ? pair.value : isSeq(node) && typeof step === "number" ? node.items[step] : undefined;
      if (pair === undefined && next === undefined) break;
      const wantsKey = what === "key" && depth === path.length - 1;
      offset = (wantsKey ? offsetOf(pair?.key) : offsetOf(next)) ?? offsetOf(pair?.key) ?? offset;
      node = next;
    }
    return at(offset);
  };
}

function offsetOf(node: unknown): number | null {
  if (!isMap(node) && !isSeq(node) && !isScalar(node) && !isAlias(node)) return null;
  return node.range?.[0] ?? null;
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

/** The first alias without an anchor, otherwise the first alias of all. */
function aliasOffset(document: Document): number {
  let first: number | null = null;
  let dangling: number | null = null;
  visit(document, {
    Alias(_place, node) {
      first ??= offsetOf(node);
      if (node.resolve(document) === undefined) dangling ??= offsetOf(node);
    },
  });
  return dangling ?? first ?? document.range?.[0] ?? 0;
}

type Report = (severity: "error" | "warning", reason: string, message: string, offset: number) => void;

function reportAmbiguousScalars(document: Document, report: Report): void {
  visit(document, {
    Scalar(place, node, ancestors) {
      const source = node.source;
      if (node.type !== Scalar.PLAIN || source === undefined || node.tag !== undefined) return;
      if (!yaml11Tags.some((tag) => tag.test?.test(source))) return;
      const owner = ancestors.at(-1);
      const subject = place === "value" && isPair(owner) ? `value ${source}` : source;
      const message = `${subject} reads as ${String(node.value)} in kubectl (YAML 1.1); quote it if you meant text`;
      report("warning", "AmbiguousValue", message, offsetOf(node) ?? 0);
    },
  });
}

/** Forms that YAML 1.1 resolves and YAML 1.2 leaves as text or reads as another number. */
const yaml11Tags: readonly ScalarTag[] = [
  scalarTag("bool", /^(?:y|Y|yes|Yes|YES|on|On|ON)$/, () => true),
  scalarTag("bool", /^(?:n|N|no|No|NO|off|Off|OFF)$/, () => false),
  scalarTag("int", /^[-+]?0_*[0-7][0-7_]*$/, (source) => integer(source, 8)),
  scalarTag("int", /^[-+]?0b[01_]+$/, (source) => integer(source.replace("0b", ""), 2)),
  scalarTag("int", /^[-+]?[1-9]\d*(?:_+\d+)+_*$/, (source) => integer(source, 10)),
];

function scalarTag(type: "bool" | "int", test: RegExp, resolve: (source: string) => boolean | number): ScalarTag {
  return { tag: `tag:yaml.org,2002:${type}`, default: true, test, resolve };
}

function integer(source: string, radix: number): number {
  return Number.parseInt(source.replaceAll("_", ""), radix);
}

function syntaxMessage(code: ErrorCode, message: string): { reason: string; text: string } {
  if (code === "DUPLICATE_KEY") {
    return { reason: "DuplicateKey", text: "Cannot read the document: a key occurs twice in one mapping" };
  }
  if (code === "TAB_AS_INDENT") {
    return { reason: "InvalidSyntax", text: "Cannot read the document: it is indented with a tab; use spaces" };
  }
  if (message.startsWith("Maximum call stack")) {
    return { reason: "InvalidSyntax", text: "Cannot read the document: it is nested too deeply" };
  }
  return { reason: "InvalidSyntax", text: `Cannot read the document: ${firstLine(message)}` };
}

function isSecret(value: unknown): boolean {
  if (!isRecord(value)) return false;
  return value["kind"] === "Secret" || (Array.isArray(value["items"]) && value["items"].some(isSecret));
}

function reasonOf(cause: unknown): string {
  return cause instanceof RangeError ? "it is nested too deeply" : firstLine((cause as Error).message);
}

function firstLine(message: string): string {
  const line = message.split("\n", 1)[0] ?? "";
  return line.charAt(0).toLowerCase() + line.slice(1);
}
