import { hopByHop } from "./hop-by-hop.ts";
import type { HeaderField } from "./message.ts";

/**
 * What the client is told of an origin's answer: everything but what ends at this hop, in order, repeated Set-Cookie
 * apart, Content-Length, ETag and Content-Encoding as they are, since the body passes as it is.
 */
export function responseHeaders(headers: readonly HeaderField[]): HeaderField[] {
  const ends = hopByHop(headers);
  return headers.filter(([name]) => !ends(name));
}
