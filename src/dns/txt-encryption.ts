/**
 * Encrypted text of external-dns' registry TXTs: base64 of a 12-byte nonce, the AES-256-GCM ciphertext of the gzipped
 * text, and the 16-byte tag. Web Crypto and compression streams only, so that it runs wherever control runs.
 */

export interface DecryptedText {
  readonly text: string;
  /** Base64; writing the same text with it again gives a TXT that need not change. */
  readonly nonce: string;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Opaque to everyone but Web Crypto; each runtime's types spell it differently. */
export type RegistryKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** A TXT of some kilobytes may inflate a thousandfold; labels never need more than this. */
const MAX_TEXT_BYTES = 65_536;

/** Key of 32 bytes, plain or in base64, as external-dns takes it. Throws `RangeError` for anything else. */
export async function registryKey(text: string): Promise<RegistryKey> {
  const bytes = text.length === 32 ? new TextEncoder().encode(text) : fromBase64(text);
  if (bytes?.length !== 32)
    throw new RangeError("Cannot use the registry's key: it is not 32 bytes, plain or in base64");
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** Text of an encrypted TXT, quotes around it or not; null for a text that this key did not encrypt: it is plain. */
export async function decryptText(value: string, key: RegistryKey): Promise<DecryptedText | null> {
  const bytes = fromBase64(value.replace(/^"+/, "").replace(/"+$/, ""));
  if (bytes === null || bytes.length <= NONCE_BYTES + TAG_BYTES) return null;
  const nonce = bytes.subarray(0, NONCE_BYTES);
  try {
    const data = await crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce }, key, bytes.subarray(NONCE_BYTES));
    const text = await gunzip(new Uint8Array(data));
    return text === null ? null : { text, nonce: toBase64(nonce) };
  } catch {
    // Not ours, or another key: whoever reads it as plain text finds no heritage, and the record has no owner.
    return null;
  }
}

/** Encrypts a text with a nonce that has never been used for another text; null draws one. */
export async function encryptText(text: string, key: RegistryKey, nonce: string | null): Promise<string> {
  const iv = nonce === null ? crypto.getRandomValues(new Uint8Array(NONCE_BYTES)) : fromBase64(nonce);
  if (iv?.length !== NONCE_BYTES)
    throw new RangeError(`Cannot encrypt: the nonce is not ${NONCE_BYTES} bytes in base64`);
  const packed = await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
  const data = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, packed));
  const all = new Uint8Array(iv.length + data.length);
  all.set(iv);
  all.set(data, iv.length);
  return toBase64(all);
}

async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<string | null> {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  for (let total = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    total += value.length;
    if (total > MAX_TEXT_BYTES) {
      await reader.cancel();
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) return null;
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
