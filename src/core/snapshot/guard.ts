/**
 * Readers of untrusted JSON: each takes any value and either returns the typed one or throws `ShapeProblem`, which
 * says where. They cost no dependency and are total, so that a blank field in a replicated file never crashes an edge.
 */

/** What was found where; caught by the parse functions and never seen outside them. */
export class ShapeProblem extends Error {}

export type Read<T> = (value: unknown, at: string) => T;

function fail(at: string, expected: string, value: unknown): never {
  const shown = typeof value === "string" ? `"${value.slice(0, 40)}"` : value === null ? "null" : typeof value;
  throw new ShapeProblem(`${at || "value"} must be ${expected}: it is ${shown}`);
}

/** Text of at most `max` UTF-16 units. */
export function text(max = 1024): Read<string> {
  return (value, at) =>
    typeof value === "string" && value.length <= max ? value : fail(at, `text of at most ${max} characters`, value);
}

/** A SHA-256 in lower-case hex: it becomes part of a store key, so nothing else may pass. */
export const sha256: Read<string> = (value, at) =>
  typeof value === "string" && value.length === 64 && /^[0-9a-f]+$/.test(value)
    ? value
    : fail(at, "a SHA-256 in hex", value);

/** One of the given words. */
export function oneOf<T extends string>(...words: readonly T[]): Read<T> {
  return (value, at) => words.find((word) => word === value) ?? fail(at, `one of ${words.join(", ")}`, value);
}

/** A finite number within the bounds. */
export function number(min: number, max: number): Read<number> {
  return (value, at) =>
    typeof value === "number" && value >= min && value <= max ? value : fail(at, `a number ${min}…${max}`, value);
}

/** A safe integer within the bounds. */
export function integer(min = 0, max: number = Number.MAX_SAFE_INTEGER): Read<number> {
  return (value, at) =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max
      ? value
      : fail(at, `a whole number ${min}…${max}`, value);
}

/** True or false; a writer that does not know the field means false. */
export const flag: Read<boolean> = (value, at) =>
  typeof value === "boolean" ? value : value === undefined ? false : fail(at, "true or false", value);

/** The value or null, which may be left out. */
export function nullable<T>(read: Read<T>): Read<T | null> {
  return (value, at) => (value === null || value === undefined ? null : read(value, at));
}

/** True or false. */
export const truth: Read<boolean> = (value, at) =>
  typeof value === "boolean" ? value : fail(at, "true or false", value);

/** What an older writer left out is what it meant by leaving it out. */
export function orDefault<T>(read: Read<T>, missing: T): Read<T> {
  return (value, at) => (value === undefined ? missing : read(value, at));
}

/** A member of a union, told apart by its `type`. */
export function byType<T extends { readonly type: string }>(
  readers: {
    readonly [K in T["type"]]: Read<Extract<T, { readonly type: K }>>;
  },
): Read<T> {
  const byName = new Map<unknown, Read<T>>(Object.entries<Read<T>>(readers));
  return (value, at) => {
    const type = typeof value === "object" && value !== null && "type" in value ? value.type : undefined;
    const read = byName.get(type);
    return read === undefined ? fail(`${at}.type`, `one of ${[...byName.keys()].join(", ")}`, type) : read(value, at);
  };
}

/** A list of at most `max` entries. */
export function list<T>(read: Read<T>, max: number): Read<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value) || value.length > max) return fail(at, `a list of at most ${max}`, value);
    return value.map((entry: unknown, index) => read(entry, `${at}[${index}]`));
  };
}

/** An object with at least these fields; others are ignored, so that a newer writer can add some. */
export function record<T extends object>(fields: { readonly [K in keyof T]-?: Read<T[K]> }): Read<T> {
  const readers: [string, Read<unknown>][] = Object.entries(fields);
  return (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return fail(at, "an object", value);
    const entries = value as Record<string, unknown>;
    const result: Record<string, unknown> = {};
    for (const [name, read] of readers) {
      const own = Object.hasOwn(entries, name) ? entries[name] : undefined;
      result[name] = read(own, at === "" ? name : `${at}.${name}`);
    }
    return result as T;
  };
}

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** JSON text through a reader; never throws. */
export function parse<T>(read: Read<T>, json: string): Parsed<T> {
  try {
    return { ok: true, value: read(JSON.parse(json), "") };
  } catch (error) {
    if (error instanceof ShapeProblem) return { ok: false, problem: error.message };
    return {
      ok: false,
      problem: error instanceof SyntaxError ? "it is not JSON" : `it cannot be read: ${String(error)}`,
    };
  }
}
