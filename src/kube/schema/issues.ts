import * as z from "zod";
import type { FieldPath, Finding } from "../finding.ts";
import { fieldText } from "../finding.ts";
import { isRecord } from "../plain.ts";
import { shown } from "./fields.ts";

/** A value that passed its schema, or null with everything that is wrong. */
export interface Parsed<T> {
  readonly value: T | null;
  readonly findings: readonly Finding[];
}

/** Applies a schema and words its issues for the object's owner. Total on any input. */
export function parse<T>(schema: z.ZodType<T>, input: unknown): Parsed<T> {
  const result = schema.safeParse(input);
  if (result.success) return { value: result.data, findings: [] };
  return { value: null, findings: result.error.issues.map((issue) => finding(issue, input)) };
}

function finding(issue: z.core.$ZodIssue, input: unknown): Finding {
  const path = issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));
  const about = issue.code === "custom" ? (issue.params ?? {}) : {};
  const reason = typeof about["reason"] === "string" ? about["reason"] : "InvalidField";
  const at = about["at"] === "key" ? "key" : "value";
  const field = fieldText(path) === "" ? "the object" : fieldText(path);
  const found = valueAt(input, path);
  if (issue.code === "custom") {
    // A misspelt name is told by name: its path would say it twice.
    const message = reason === "UnknownField" ? issue.message : `${field} ${issue.message}`;
    return { severity: "error", reason, path, at, message };
  }
  const missing = found === undefined || found === null;
  const fault = missing ? `is missing; it must be ${wanted(issue)}` : mismatch(issue, found, field);
  return { severity: "error", reason: missing ? "MissingField" : reason, path, at, message: `${field} ${fault}` };
}

function mismatch(issue: z.core.$ZodIssue, found: unknown, field: string): string {
  const expected = issue.code === "invalid_type" ? issue.expected : "";
  if (typeof found === "string") {
    const asNumber = expected === "number" && /^-?\d+(\.\d+)?$/.test(found);
    const asBoolean = expected === "boolean" && /^(true|false)$/.test(found);
    if (asNumber || asBoolean) return `is ${shown(found)} (text); write ${found} without quotes`;
  }
  if (expected === "string" && typeof found === "boolean" && /\.(?:from|places)\[\d+\]$/.test(field)) {
    // Norway's code is a truth value in YAML 1.1.
    return `is ${String(found)} (a truth value); write "${found ? "ON" : "NO"}" in quotes if that was meant`;
  }
  if (expected === "string" && (typeof found === "number" || typeof found === "boolean")) {
    return `is ${String(found)} (${typeName(found)}); write "${String(found)}" in quotes`;
  }
  return `is ${described(found)}; it must be ${wanted(issue)}`;
}

function wanted(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_value") return alternatives(issue.values.map((value) => JSON.stringify(value)));
  if (issue.code === "too_small") return `at least ${String(issue.minimum)} long`;
  if (issue.code === "too_big") return `at most ${String(issue.maximum)} long`;
  if (issue.code !== "invalid_type") return "of another form";
  return nouns.get(issue.expected) ?? `a ${issue.expected}`;
}

const nouns: ReadonlyMap<string, string> = new Map([
  ["string", "text"],
  ["boolean", "true or false"],
  ["array", "a list"],
  ["object", "a mapping"],
  ["record", "a mapping"],
]);

function alternatives(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function described(value: unknown): string {
  if (typeof value === "string") return `${shown(value)} (text)`;
  if (typeof value === "number" || typeof value === "boolean") return `${String(value)} (${typeName(value)})`;
  return Array.isArray(value) ? (value.length === 0 ? "an empty list" : "a list") : "a mapping";
}

function typeName(value: number | boolean): string {
  return typeof value === "number" ? "a number" : "a truth value";
}

function valueAt(input: unknown, path: FieldPath): unknown {
  let value = input;
  for (const step of path) {
    if (Array.isArray(value) && typeof step === "number") value = value[step] as unknown;
    else if (isRecord(value) && Object.hasOwn(value, step)) value = value[step];
    else return undefined;
  }
  return value;
}
