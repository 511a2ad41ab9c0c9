/**
 * Keys of the signed hop: HMAC-SHA-256 over `hopText()`. Two are valid at once, the first one signs, so that a key is
 * replaced in three steps without a gap: add it as second everywhere, make it first, remove the old one.
 */
import { equalInConstantTime, type HopFacts, hopField, hopText, isKeyId, parseHopField } from "../core/hop/hop.ts";

export interface HopKey {
  readonly id: string;
  /** At least 32 bytes. */
  readonly secret: Uint8Array<ArrayBuffer>;
}

export interface HopKeys {
  /** Value of `portolan-hop` for these facts, by the first key. */
  sign(facts: HopFacts): Promise<string>;
  /** Facts and signature belong together, by one of the keys; null otherwise. Says nothing about time and replay. */
  verify(field: string, facts: Omit<HopFacts, "atSeconds" | "nonce">): Promise<HopFacts | null>;
}

const ALGORITHM = { name: "HMAC", hash: "SHA-256" } as const;

/** Imports the keys once. RangeError when there is none, more than two, or one that is weak. */
export async function hopKeys(keys: readonly HopKey[]): Promise<HopKeys> {
  const [first] = keys;
  if (first === undefined || keys.length > 2) {
    throw new RangeError(`Cannot use ${keys.length} hop keys: give one, or two while one is replaced`);
  }
  const imported = new Map<string, Awaited<ReturnType<typeof importKey>>>();
  for (const key of keys) imported.set(key.id, await importKey(key));
  const mac = async (keyId: string, facts: HopFacts): Promise<string | null> => {
    const key = imported.get(keyId);
    if (key === undefined) return null;
    const bytes = await crypto.subtle.sign(ALGORITHM, key, new TextEncoder().encode(hopText(facts)));
    return hex(new Uint8Array(bytes));
  };
  return {
    async sign(facts) {
      const { atSeconds, nonce } = facts;
      return hopField({ keyId: first.id, atSeconds, nonce, mac: (await mac(first.id, facts)) ?? "" });
    },
    async verify(field, { method, authority, target, backend }) {
      const signature = parseHopField(field);
      if (signature === null) return null;
      const { atSeconds, nonce } = signature;
      const facts = { method, authority, target, backend, atSeconds, nonce };
      const expected = await mac(signature.keyId, facts);
      return expected !== null && equalInConstantTime(signature.mac, expected) ? facts : null;
    },
  };
}

/**
 * Keys from the text of a file: one `ID BASE64` a line, `#` begins a comment. RangeError that names the line and never
 * repeats what stands there.
 */
export function parseHopKeys(text: string): readonly HopKey[] {
  const keys: HopKey[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const content = line.trim();
    if (content === "" || content.startsWith("#")) continue;
    const [id = "", base64 = "", ...rest] = content.split(/\s+/);
    const secret = rest.length === 0 ? decodeBase64(base64) : null;
    if (!isKeyId(id) || secret === null) {
      throw new RangeError(`Cannot read the hop keys: line ${index + 1} is not "ID BASE64"`);
    }
    keys.push({ id, secret });
  }
  return keys;
}

async function importKey({ id, secret }: HopKey) {
  if (secret.byteLength < 32) throw new RangeError(`Cannot use the hop key "${id}": it is shorter than 32 bytes`);
  return await crypto.subtle.importKey("raw", secret, ALGORITHM, false, ["sign"]);
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}
