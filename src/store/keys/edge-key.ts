/** X25519 keys of edges: what certificates are sealed to, and what opens them. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";

/** Whom control seals to. */
export interface Recipient {
  /** RFC 7638 thumbprint of the public key. */
  readonly id: string;
  /** What people call it. */
  readonly name: string;
  readonly key: KeyObject;
  /** 32 bytes. */
  readonly raw: Uint8Array;
}

/** What an edge opens with. */
export interface EdgeKey extends Recipient {
  readonly privateKey: KeyObject;
}

export interface PublicJwk {
  readonly kty: "OKP";
  readonly crv: "X25519";
  readonly x: string;
}

/** A new pair as JWKs. */
export function newEdgeKey(name: string): { readonly privateJwk: object; readonly publicJwk: PublicJwk } {
  const jwk = generateKeyPairSync("x25519").privateKey.export({ format: "jwk" });
  const publicJwk: PublicJwk = { kty: "OKP", crv: "X25519", x: jwk.x ?? "" };
  return { privateJwk: { ...publicJwk, d: jwk.d, kid: name }, publicJwk };
}

/** TypeError, which repeats nothing of it, when it is no public X25519 key. */
export function recipientOf(name: string, jwk: Readonly<Record<string, unknown>>): Recipient {
  const { x } = jwk;
  if (jwk["kty"] !== "OKP" || jwk["crv"] !== "X25519" || typeof x !== "string") {
    throw new TypeError("Cannot use the public key: it is not an X25519 key in JWK form");
  }
  const raw = Buffer.from(x, "base64url");
  try {
    return { id: thumbprint(jwkOf(raw)), name, key: publicKeyOf(raw), raw };
  } catch (cause) {
    throw new TypeError("Cannot use the public key: it is not an X25519 key in JWK form", { cause });
  }
}

/** TypeError, which repeats nothing of it, when it is no private X25519 key with a "kid". */
export function edgeKeyOf(jwk: Readonly<Record<string, unknown>>): EdgeKey {
  const { d, kid } = jwk;
  if (typeof d !== "string" || typeof kid !== "string") {
    throw new TypeError('Cannot open with it: it is not a private X25519 key in JWK form with a "kid"');
  }
  const recipient = recipientOf(kid, jwk);
  try {
    const privateKey = createPrivateKey({ key: { ...jwkOf(recipient.raw), d }, format: "jwk" });
    // The halves may come from two pairs: what is sealed to the one would never open with the other.
    const derived = recipientOf(kid, { ...createPublicKey(privateKey).export({ format: "jwk" }) });
    if (derived.id === recipient.id) return { ...recipient, privateKey };
  } catch {
    // What OpenSSL says may quote the key.
  }
  throw new TypeError("Cannot open with it: its private and its public half are not one X25519 pair");
}

/** From the 32 bytes of a public key; throws for others. */
export function publicKeyOf(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: { ...jwkOf(raw) }, format: "jwk" });
}

function jwkOf(raw: Uint8Array): PublicJwk {
  return { kty: "OKP", crv: "X25519", x: Buffer.from(raw).toString("base64url") };
}

/** RFC 7638: the members in this order, without white space. */
function thumbprint({ crv, kty, x }: PublicJwk): string {
  return createHash("sha256").update(JSON.stringify({ crv, kty, x })).digest("base64url");
}
