/** The origin's side of a WebSocket handshake. */
import { createHash } from "node:crypto";
import { type HeaderField, withoutOws } from "../message.ts";

/** RFC 6455 §1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * Whether the fields of a 101 accept exactly what the client asked for (RFC 6455 §4.1). A tunnel opened on anything
 * less is how requests are smuggled past a proxy.
 */
export function acceptsHandshake(fields: readonly HeaderField[], key: string): boolean {
  const all = (name: string) => fields.filter(([field]) => field === name).map(([, value]) => value);
  const accept = all("sec-websocket-accept");
  const upgrade = all("upgrade");
  const options = all("connection").flatMap((value) => value.toLowerCase().split(","));
  return (
    accept.length === 1 &&
    accept[0] === createHash("sha1").update(`${key}${GUID}`).digest("base64") &&
    upgrade.length === 1 &&
    upgrade[0]?.toLowerCase() === "websocket" &&
    options.some((option) => withoutOws(option) === "upgrade")
  );
}
