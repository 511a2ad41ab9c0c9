/**
 * Keys of the signed hop as a file holds them: HMAC-SHA-256 over `hopText()`. Two are valid at once, the first one signs, so that a key is
 * replaced in three steps without a gap: add it as second everywhere, make it first, remove the old one.
 */
import { isKeyId } from "../core/hop/hop.ts";

export interface HopKey {
  readonly id: string;
  /** At least 32 bytes. */
  readonly secret: Uint8Array<ArrayBuffer>;
}

/** The key that signs. RangeError when there is none, more than two, two of one name, or one that is weak. */
export function firstHopKey(keys: readonly HopKey[]): HopKey {
  const [first, second] = keys;
  if (first === undefined || keys.length > 2) {
    throw new RangeError(`Cannot use ${keys.length} hop keys: give one, or two while one is replaced`);
  }
  if (first.id === second?.id) throw new RangeError(`Cannot use the hop key "${first.id}": two keys have that name`);
  const weak = keys.find(({ secret }) => secret.byteLength < 32);
  if (weak !== undefined) throw new RangeError(`Cannot use the hop key "${weak.id}": it is shorter than 32 bytes`);
  return first;
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

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
