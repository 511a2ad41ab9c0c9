/** The signed hop for runtimes with WebCrypto. Part of every edge's bundle, so it signs and does nothing else. */
import { type HopFacts, hopField, type HopRequest, hopText } from "../core/hop/hop.ts";

const ALGORITHM = { name: "HMAC", hash: "SHA-256" } as const;

/** `ID BASE64` of at least 32 bytes, alone on a line. */
const KEY_LINE = /^([\w.-]{1,64})\s+([A-Za-z\d+/]{43,}=*)\s*$/m;

/**
 * Gives the value of `portolan-hop` by the first key of the text (as in a file of keys), with a time and a nonce of its
 * own at each call. RangeError without such a line.
 */
export async function hopSigner(text: string, now: () => number): Promise<(request: HopRequest) => Promise<string>> {
  const [, keyId = "", base64] = KEY_LINE.exec(text) ?? [];
  if (base64 === undefined) {
    throw new RangeError('Cannot use the hop keys: no line is "ID BASE64" of at least 32 bytes');
  }
  const secret = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const key = await crypto.subtle.importKey("raw", secret, ALGORITHM, false, ["sign"]);
  return async (request) => {
    const facts: HopFacts = { ...request, atSeconds: Math.floor(now() / 1000), nonce: freshNonce() };
    const bytes = new Uint8Array(await crypto.subtle.sign(ALGORITHM, key, new TextEncoder().encode(hopText(facts))));
    let mac = "";
    for (const byte of bytes) mac += byte.toString(16).padStart(2, "0");
    return hopField({ ...facts, keyId, mac });
  };
}

/** 122 random bits as 32 hex digits. */
export function freshNonce(): string {
  return crypto.randomUUID().replaceAll("-", "");
}
