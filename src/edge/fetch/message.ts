/** Between a fetch-style runtime's `Request` and `Response` and the edge's own messages. */
import type { ClientLocation } from "../../core/decision.ts";
import { asResponse, textAnswer } from "../local-answer.ts";
import type { EdgeRequest, EdgeResponse, HeaderField } from "../message.ts";

/** What only the platform knows about a request. */
export interface PlatformFacts {
  /** Address of the client as the platform vouches for it; null where it does not say. */
  readonly peerAddress: string | null;
  /** What the platform itself says about the client's place; null when it says nothing. */
  readonly location: ClientLocation | null;
}

/** RFC 9110 §15: these have no content, and `Response` refuses one. */
const BODILESS: ReadonlySet<number> = new Set([101, 204, 205, 304]);

/** The request as the edge sees it. Repeated fields come joined: `Headers` does not keep them apart. */
export function edgeRequest(request: Request, facts: PlatformFacts): EdgeRequest {
  const { scheme, authority, target } = splitUrl(request.url);
  const length = request.headers.get("content-length");
  return {
    method: request.method,
    target,
    host: request.headers.get("host") ?? authority,
    headers: [...request.headers],
    body: request.body,
    bodyLength: length === null ? null : Number(length),
    peerAddress: facts.peerAddress,
    scheme,
    runtimeLocation: facts.location,
    signal: request.signal,
  };
}

/** The answer as the runtime wants it; one that it cannot express becomes a 502. */
export function fetchResponse(response: EdgeResponse, method: string): Response {
  const { status, body } = response;
  if (status < 200 || status > 599)
    return fetchResponse(asResponse(textAnswer(502, "the cluster's answer was not valid")), method);
  const headers = new Headers();
  for (const [name, value] of response.headers) append(headers, name, value);
  const bodiless = method === "HEAD" || BODILESS.has(status);
  if (bodiless) body?.cancel().catch(() => undefined);
  // Content-Encoding goes along: workerd passes an encoded body that nobody read through as it is, with its length.
  return new Response(bodiless ? null : body, { status, headers });
}

/** Fields as a list, `Set-Cookie` apart (the one field that must not be joined, RFC 9110 §5.3). */
export function fieldsOf(headers: Headers): HeaderField[] {
  const fields: HeaderField[] = [];
  for (const [name, value] of headers) if (name !== "set-cookie") fields.push([name, value]);
  for (const value of headers.getSetCookie()) fields.push(["set-cookie", value]);
  return fields;
}

/** A field that `Headers` refuses is left out: it must not cost the client the answer. */
function append(headers: Headers, name: string, value: string): void {
  try {
    headers.append(name, value);
  } catch {
    headers.delete(name);
  }
}

/** Cut by hand: `URL` would normalise the target before we have seen it. */
function splitUrl(url: string): { scheme: EdgeRequest["scheme"]; authority: string; target: string } {
  const scheme = url.startsWith("https:") ? "https" : "http";
  const from = url.indexOf("://") + 3;
  const slash = url.indexOf("/", from);
  const mark = url.indexOf("?", from);
  const end = slash === -1 ? mark : mark === -1 ? slash : Math.min(slash, mark);
  if (end === -1) return { scheme, authority: url.slice(from), target: "/" };
  const target = url.slice(end);
  return { scheme, authority: url.slice(from, end), target: target.startsWith("/") ? target : `/${target}` };
}
