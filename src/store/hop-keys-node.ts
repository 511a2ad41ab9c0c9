/**
 * Keys of the signed hop for Node, without a promise: in a busy edge WebCrypto costs ten times as much a signature. Same
 * text, same result as `hop-signer.ts`.
 */
import { hash } from "node:crypto";
import { type HopFacts, hopField, type HopRequest, hopText } from "../core/hop/hop.ts";
import { firstHopKey, type HopKey } from "./hop-keys.ts";
import { freshNonce } from "./hop-signer.ts";

export interface NodeHopKeys {
  /** Ids in the order of the file, for messages. */
  readonly ids: readonly string[];
  /** Value of `portolan-hop` by the first key, with a fresh time and nonce. */
  sign(request: HopRequest, nowMs: number): string;
  /** HMAC in hex by the named key; null when there is no such key. */
  mac(keyId: string, facts: HopFacts): string | null;
}

/** RangeError for keys that must not be used. */
export function nodeHopKeys(keys: readonly HopKey[]): NodeHopKeys {
  const first = firstHopKey(keys);
  const macs = new Map(keys.map(({ id, secret }) => [id, hmacSha256(secret)]));
  const mac = (keyId: string, facts: HopFacts): string | null => macs.get(keyId)?.(hopText(facts)) ?? null;
  return {
    ids: keys.map(({ id }) => id),
    sign(request, nowMs) {
      const facts = { ...request, atSeconds: Math.floor(nowMs / 1000), nonce: freshNonce() };
      return hopField({ ...facts, keyId: first.id, mac: mac(first.id, facts) ?? "" });
    },
    mac,
  };
}

const BLOCK = 64;
const DIGEST = 32;

/**
 * RFC 2104 from two one-shot hashes: a `Hmac` object is a stream with a native context, whose making and collecting
 * cost more than the hashing.
 */
function hmacSha256(secret: Uint8Array): (text: string) => string {
  const key = secret.length > BLOCK ? hash("sha256", secret, "buffer") : secret;
  const inner = padded(key, 0x36, BLOCK);
  const outer = padded(key, 0x5c, BLOCK + DIGEST);
  return (text) => {
    hash("sha256", Buffer.concat([inner, Buffer.from(text)]), "buffer").copy(outer, BLOCK);
    return hash("sha256", outer, "hex");
  };
}

function padded(key: Uint8Array, pad: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let index = 0; index < BLOCK; index += 1) bytes[index] = (key[index] ?? 0) ^ pad;
  return bytes;
}
