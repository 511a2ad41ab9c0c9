import { readFile } from "node:fs/promises";

/** A file of one JSON object. */
export async function readJsonFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse(await readFile(path, "utf8")) as Readonly<Record<string, unknown>>;
}
