import type { webcrypto } from "node:crypto";

/** ECDSA P-256 over SHA-256, which every runtime's WebCrypto has; control signs manifests, edges verify them. */

/** Signs a text; the signature is base64 of the raw r‖s form (IEEE P1363). */
export function manifestSigner(
  keyId: string,
  privateKey: webcrypto.CryptoKey,
): (text: string) => Promise<{ readonly keyId: string; readonly signature: string }> {
  return async (text) => {
    const bytes = await crypto.subtle.sign(ALGORITHM, privateKey, new TextEncoder().encode(text));
    return { keyId, signature: btoa(String.fromCharCode(...new Uint8Array(bytes))) };
  };
}

/** Verifies against the keys by id; two may be valid at once, so that one can be replaced without a gap. */
export function manifestVerifier(
  keys: ReadonlyMap<string, webcrypto.CryptoKey>,
): (text: string, keyId: string, signature: string) => Promise<boolean> {
  return async (text, keyId, signature) => {
    const key = keys.get(keyId);
    if (key === undefined) return false;
    try {
      const raw = Uint8Array.from(atob(signature), (character) => character.charCodeAt(0));
      return await crypto.subtle.verify(ALGORITHM, key, raw, new TextEncoder().encode(text));
    } catch {
      return false;
    }
  };
}

/** A fresh key pair for a process that is both control and edge. */
export async function generateSigningKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
}

/** A public key as edges are given it; TypeError when it is not a P-256 key. */
export async function publicKeyOf(jwk: webcrypto.JsonWebKey): Promise<webcrypto.CryptoKey> {
  try {
    return await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  } catch (cause) {
    throw new TypeError("Cannot use the public key: it is not a P-256 key in JWK form", { cause });
  }
}

/** A private key as control is given it; TypeError when it is not a P-256 key. */
export async function privateKeyOf(jwk: webcrypto.JsonWebKey): Promise<webcrypto.CryptoKey> {
  try {
    return await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
  } catch (cause) {
    throw new TypeError("Cannot use the private key: it is not a P-256 key in JWK form", { cause });
  }
}

/** SHA-256 of a text, lower-case hex. */
export async function sha256Hex(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return hex;
}

const ALGORITHM = { name: "ECDSA", hash: "SHA-256" } as const;
