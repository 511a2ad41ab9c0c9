/** Socket addresses as Linux lays them out: `sockaddr_in`, `sockaddr_in6`. */
import { formatV4 } from "../core/address/ip-text.ts";
import { parseLiteral, unwrap } from "../core/address/ip.ts";

export const AF_INET = 2;
export const AF_INET6 = 10;
const SIZE = { v4: 16, v6: 28 };
const MAX_KEPT = 65_536;

/** Null for what is no address. */
export function socketAddress(host: string, port: number): Uint8Array | null {
  const address = parseLiteral(host);
  if (address === null) return null;
  const isV4 = address.family === 4;
  const bytes = new Uint8Array(isV4 ? SIZE.v4 : SIZE.v6);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, isV4 ? AF_INET : AF_INET6, true);
  view.setUint16(2, port);
  for (const [index, word] of address.words.entries()) view.setUint32((isV4 ? 4 : 8) + index * 4, word);
  return bytes;
}

/** The port of the address that begins at a byte. */
export function portAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}

/** Reads the addresses that many datagrams come from: the same few again and again, so that their text is kept. */
export function addressTexts(): (bytes: Uint8Array, at: number) => string {
  const known = new Map<number, string>();
  return (bytes, at) => {
    // Little-endian, like the machine.
    if (bytes[at] !== AF_INET) return unwrap([8, 12, 16, 20].map((word) => wordAt(bytes, at + word))).text;
    const word = wordAt(bytes, at + 4);
    const found = known.get(word);
    if (found !== undefined) return found;
    if (known.size >= MAX_KEPT) known.clear();
    const text = formatV4(word);
    known.set(word, text);
    return text;
  };
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0
  );
}
