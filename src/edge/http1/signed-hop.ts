import { HOP_AUTHORITY, HOP_BACKEND, HOP_SIGNATURE, HOP_TIMEOUT, type HopRequest } from "../../core/hop/hop.ts";
import { consistsOf, TARGET_BYTE } from "./grammar.ts";

/** Value of `portolan-hop`, with a fresh time and nonce at each call. */
export type SignHop = (request: HopRequest) => string;

/** The lines of the signed hop for one try; null for facts that cannot be signed, or without a key. */
export function hopLines(sign: SignHop | null, hop: HopRequest, timeoutMs: number): string | null {
  if (sign === null || !consistsOf(hop.authority, TARGET_BYTE) || !consistsOf(hop.backend, TARGET_BYTE)) return null;
  const facts = `${HOP_AUTHORITY}: ${hop.authority}\r\n${HOP_BACKEND}: ${hop.backend}\r\n`;
  return `${HOP_SIGNATURE}: ${sign(hop)}\r\n${facts}${HOP_TIMEOUT}: ${Math.floor(timeoutMs)}\r\n`;
}
