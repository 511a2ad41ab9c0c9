/**
 * The signed hop from an edge to `portolan gateway` (DESIGN.md): the gateway serves whoever can sign, and nobody else.
 * The edge sends the public host, the backend and a signature over both, the method, the target, the time and a nonce.
 */
import { isHex } from "../hex.ts";
import type { ServiceKey } from "../model.ts";

/** What is signed. Change any of it and the signature is worth nothing. */
export interface HopFacts {
  readonly method: string;
  /** Public host as the client named it, with its port. */
  readonly authority: string;
  /** Exactly as it stands in the request line to the gateway. */
  readonly target: string;
  readonly backend: ServiceKey;
  /** Whole seconds since the epoch. */
  readonly atSeconds: number;
  /** 32 lower-case hex digits, never used twice by a key. */
  readonly nonce: string;
}

/** What an edge asks to have signed: time and nonce are the signer's. */
export type HopRequest = Omit<HopFacts, "atSeconds" | "nonce">;

/** The fields that carry it; `requestHeaders` removes them from whatever a client sends. */
export const HOP_SIGNATURE = "portolan-hop";
export const HOP_AUTHORITY = "portolan-authority";
export const HOP_BACKEND = "portolan-backend";
/** Milliseconds in which the edge wants the head of the answer. Not signed: a wrong one costs no more than a failure. */
export const HOP_TIMEOUT = "portolan-timeout";

/** Bytes for the HMAC: one fact a line, so that no two requests share a text; no fact may hold a line break. */
export function hopText({ method, authority, target, backend, atSeconds, nonce }: HopFacts): string {
  return ["portolan-hop-1", method, authority, target, backend, String(atSeconds), nonce].join("\n");
}

export interface HopSignature {
  readonly keyId: string;
  readonly atSeconds: number;
  readonly nonce: string;
  /** HMAC-SHA-256 in lower-case hex. */
  readonly mac: string;
}

/** Value of the field `portolan-hop`. */
export function hopField({ keyId, atSeconds, nonce, mac }: HopSignature): string {
  return `v1 ${keyId} ${atSeconds} ${nonce} ${mac}`;
}

/** The way back; null for anything that is not exactly such a value. */
export function parseHopField(value: string): HopSignature | null {
  const [version, keyId = "", at = "", nonce = "", mac = "", ...rest] = value.split(" ");
  if (version !== "v1" || rest.length > 0 || !isKeyId(keyId)) return null;
  if (!isDigits(at) || !isHex(nonce, 32) || !isHex(mac, 64)) return null;
  return { keyId, atSeconds: Number(at), nonce, mac };
}

/** Letters, digits, `.`, `_` and `-`, 1…64 of them. */
export function isKeyId(text: string): boolean {
  if (text.length === 0 || text.length > 64) return false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const letter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
    if (!letter && !(code >= 48 && code <= 57) && code !== 45 && code !== 46 && code !== 95) return false;
  }
  return true;
}

/** Compares two texts of equal alphabet in a time that depends on their lengths alone. */
export function equalInConstantTime(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let index = 0; index < a.length; index += 1) difference |= a.charCodeAt(index) ^ b.charCodeAt(index % b.length);
  return difference === 0;
}

/** Without a leading zero: one number, one spelling. */
function isDigits(text: string): boolean {
  if (text.length === 0 || text.length > 12 || (text.startsWith("0") && text !== "0")) return false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 48 || code > 57) return false;
  }
  return true;
}
