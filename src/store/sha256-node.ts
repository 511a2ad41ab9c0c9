import { createHash } from "node:crypto";

/** SHA-256 of a text, lower-case hex; as `sha256Hex`, without a way through a thread, which costs five times the hash. */
export function sha256HexOnNode(text: string): Promise<string> {
  return Promise.resolve(createHash("sha256").update(text).digest("hex"));
}
