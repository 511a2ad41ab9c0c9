/**
 * Keys of the signed hop for Node, without a promise: WebCrypto costs 88 µs a signature here, `node:crypto` 3.
 * Same text, same result as `hop-signer.ts`.
 */
import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
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

/** RangeError for keys that must not be used, as `hopKeys`. */
export function nodeHopKeys(keys: readonly HopKey[]): NodeHopKeys {
  const first = firstHopKey(keys);
  const secrets = new Map<string, KeyObject>(keys.map(({ id, secret }) => [id, createSecretKey(secret)]));
  const mac = (keyId: string, facts: HopFacts): string | null => {
    const key = secrets.get(keyId);
    return key === undefined ? null : createHmac("sha256", key).update(hopText(facts)).digest("hex");
  };
  return {
    ids: keys.map(({ id }) => id),
    sign(request, nowMs) {
      const facts = { ...request, atSeconds: Math.floor(nowMs / 1000), nonce: freshNonce() };
      return hopField({ ...facts, keyId: first.id, mac: mac(first.id, facts) ?? "" });
    },
    mac,
  };
}
