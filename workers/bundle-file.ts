/** A snapshot in one piece as a file, as `portolan bundle` writes it. */
import { readFile } from "node:fs/promises";
import { causeOf } from "../src/core/cause.ts";
import type { SnapshotBundle } from "../src/core/snapshot/bundle.ts";

/** Reads one; rejects with what is wrong with the file. What stands in it is verified by whoever loads it. */
export async function readBundle(path: string): Promise<SnapshotBundle> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new Error(`Cannot read the bundled snapshot "${path}": ${causeOf(cause)}`, { cause });
  }
  if (isBundle(value)) return value;
  throw new Error(`Cannot read the bundled snapshot "${path}": it is not an object of keys and texts`);
}

function isBundle(value: unknown): value is SnapshotBundle {
  return typeof value === "object" && value !== null && Object.values(value).every((text) => typeof text === "string");
}
