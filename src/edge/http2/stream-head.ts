/**
 * The head of an HTTP/2 request as the engine knows heads. nghttp2 has refused what RFC 9113 §8 calls malformed; what it
 * lets pass and HTTP/1.1 would not is refused here, since the origin gets HTTP/1.1 (reference S11: downgrade smuggling).
 */
import type { EngineLimits } from "../http1/client-limits.ts";
import { consistsOf, LINE_BYTE, TARGET_BYTE, TOKEN } from "../http1/grammar.ts";
import { readRequest, type Refusal, type RequestHead } from "../http1/request-head.ts";
import type { HeaderField } from "../message.ts";

/** Fields that only mean something on a connection of HTTP/1.1 (RFC 9113 §8.2.2). */
const OF_HTTP1: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);
const PSEUDO: ReadonlySet<string> = new Set([":method", ":scheme", ":authority", ":path"]);

/** `raw` has names and values by turns; `ended` when no body follows. */
export function readStream(
  raw: readonly string[],
  { ended, scheme, limits }: { readonly ended: boolean; readonly scheme: string; readonly limits: EngineLimits },
): RequestHead | Refusal {
  const pseudo = new Map<string, string>();
  const fields: HeaderField[] = [];
  const cookies: string[] = [];
  let bytes = 0;
  for (let index = 0; index < raw.length; index += 2) {
    const [name = "", value = ""] = [raw[index], raw[index + 1]];
    bytes += name.length + value.length + 4;
    if (name.startsWith(":")) {
      if (!PSEUDO.has(name) || pseudo.has(name) || fields.length > 0) return bad("pseudo-field");
      pseudo.set(name, value);
      continue;
    }
    if (!consistsOf(name, TOKEN) || name !== name.toLowerCase()) return bad("field");
    if (value !== "" && (!consistsOf(value, LINE_BYTE) || value !== value.trim())) return bad("field");
    if (OF_HTTP1.has(name) || (name === "te" && value !== "trailers")) return bad("connection-field");
    // RFC 9113 §8.2.3: crumbs are put together before they go anywhere else.
    if (name === "cookie") cookies.push(value);
    else if (fields.push([name, value]) > limits.headFields) return { status: 431, code: "too-many-fields" };
  }
  if (bytes > limits.headBytes) return { status: 431, code: "head-too-large" };
  const host = hostOf(pseudo.get(":authority"), fields);
  if (host === null) return bad("no-host");
  const method = pseudo.get(":method") ?? "";
  const target = pseudo.get(":path") ?? "";
  if (!consistsOf(method, TOKEN) || method.length > 32) return bad("start-line");
  if (method === "CONNECT") return { status: 405, code: "method-refused" };
  if (target.length > limits.targetBytes) return { status: 414, code: "start-line-too-long" };
  if (!consistsOf(target, TARGET_BYTE)) return bad("start-line");
  if (pseudo.get(":scheme") !== scheme) return bad("scheme");
  // Absolute-form has no place in :path (RFC 9113 §8.3.1).
  if (!target.startsWith("/") && target !== "*") return bad("target");
  const rest = fields.filter(([name]) => name !== "host");
  if (cookies.length > 0) rest.push(["cookie", cookies.join("; ")]);
  const head = readRequest({ method, target, minor: 1 }, [["host", host], ...rest], limits);
  if ("code" in head) return head;
  const unknown = !ended && head.body === "none";
  return unknown ? { ...head, keepAlive: true, body: "chunked", length: -1 } : { ...head, keepAlive: true };
}

/** One name for one request: two that differ are two chances to disagree about it. */
function hostOf(authority: string | undefined, fields: readonly HeaderField[]): string | null {
  const hosts = fields.filter(([name]) => name === "host").map(([, value]) => value);
  if (hosts.length > 1) return null;
  const [host] = hosts;
  if (authority === undefined) return host ?? null;
  return host === undefined || host.toLowerCase() === authority.toLowerCase() ? authority : null;
}

function bad(code: string): Refusal {
  return { status: 400, code };
}
