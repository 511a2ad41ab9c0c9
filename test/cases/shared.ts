import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Reads a file of the shared cases beside the project; a missing one is an error, never a skip. */
export function sharedCases<T>(name: string): T {
  const path = join(import.meta.dirname, "../../../shared/cases", name);
  if (!existsSync(path)) throw new Error(`Cannot run the shared cases: ${path} is missing`);
  return JSON.parse(readFileSync(path, "utf8")) as T;
}
