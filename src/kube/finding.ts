import type { Position } from "../core/objects.ts";

/** Way from an object's root to one of its fields: `["spec", "rules", 0, "host"]`. */
export type FieldPath = readonly (string | number)[];

/** A problem as a schema sees it, before anyone knows whose object it is and in which file. */
export interface Finding {
  readonly severity: "error" | "warning";
  readonly reason: string;
  readonly path: FieldPath;
  /** What to point at in a file: a field's name when the name is wrong, otherwise its value. */
  readonly at: "key" | "value";
  readonly message: string;
}

/**
 * Where a field stands in its file. A field that does not exist has the position of its nearest existing ancestor.
 * `at` says whether its name or its value is meant, `value` by default.
 */
export type PositionOf = (path: FieldPath, at?: "key" | "value") => Position;

/** `spec.rules[0].http.paths[0].path`; names with other characters are quoted: `metadata.annotations["a/b"]`. */
export function fieldText(path: FieldPath): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (!/^[A-Za-z_][\w-]*$/.test(step)) text += `[${JSON.stringify(step)}]`;
    else text += text === "" ? step : `.${step}`;
  }
  return text;
}
