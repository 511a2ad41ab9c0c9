import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** Reads a file of the shared cases beside the project; a missing one is an error, never a skip. */
export function sharedCases<T>(name: string): T {
  const path = join(import.meta.dirname, "../../../shared/cases", name);
  if (!existsSync(path)) throw new Error(`Cannot run the shared cases: ${path} is missing`);
  return JSON.parse(readFileSync(path, "utf8")) as T;
}

/** Bytes of a connection as a case gives them, long ones compressed. */
export interface RawCase {
  readonly raw_b64?: string;
  readonly raw_gz_b64?: string;
}

export function bytesOf({ raw_b64: plain, raw_gz_b64: compressed }: RawCase): Buffer {
  if (plain !== undefined) return Buffer.from(plain, "base64");
  return gunzipSync(Buffer.from(compressed ?? "", "base64"));
}
