/**
 * Origins through a runtime's own `fetch`. It cannot say whether a byte was sent, so nothing is ever proven unsent, and
 * it sets Host from the URL: the public host goes along as X-Forwarded-Host, or stays in the URL where the runtime can
 * connect elsewhere (Cloudflare's `resolveOverride`, inside the zone).
 */
import { causeOf } from "../../core/cause.ts";
import { connectAddressProblem } from "../../core/address/origin-address.ts";
import { parseLiteral } from "../../core/address/ip.ts";
import type { Origin } from "../../core/model.ts";
import { type AttemptFailure, isIdempotent } from "../../core/retry.ts";
import type { SendOptions, Upstream, UpstreamAnswer, UpstreamFailure, UpstreamRequest } from "../upstream.ts";
import { fieldsOf } from "./message.ts";
import { type SignHop, signedFields } from "./signed-fields.ts";

export interface FetchUpstreamOptions {
  /** Loopback and private addresses may be origins; metadata addresses never. */
  readonly allowPrivateOrigins: boolean;
  /** Domain whose names `resolveOverride` may connect to; null where the runtime has no such thing. */
  readonly zone: string | null;
  /** What an answer of the platform itself stands for (Cloudflare's 520 to 530); null for an answer of the origin. */
  readonly platformFailure: (status: number) => AttemptFailure | null;
  /**
   * For a runtime that sends a request again by itself when a reused connection breaks: makes a body that can be read
   * only once (`fetch/once-only.ts`). Null where the runtime does no such thing.
   */
  readonly onceOnly: ((body: UpstreamRequest["body"]) => ReadableStream<Uint8Array>) | null;
  /** Value of `portolan-hop` for origins that want it; null without a key. */
  readonly sign: SignHop | null;
}

interface PlatformInit extends RequestInit {
  readonly duplex?: "half";
  /** Cloudflare. */
  readonly cf?: { readonly resolveOverride?: string };
  /** Bun: bodies stay encoded as they are. */
  readonly decompress?: boolean;
}

/** One try is one `fetch`: no redirect is followed, no body decoded. */
export function fetchUpstream(options: FetchUpstreamOptions): Upstream {
  return {
    provesUnsent: false,
    hostOverride: options.zone === null ? "none" : "same-zone",
    async send(origin, request, sendOptions) {
      const problem = addressProblem(origin, options.allowPrivateOrigins);
      if (problem !== null) return { ...failed("forbidden-address", problem), unsent: true };
      const to = destination(origin, request, options.zone);
      if (!origin.signed) return await dispatch(to, request, sendOptions, options);
      if (options.sign === null) return failed("other", "no key");
      const { method, publicHost: authority, backend } = request;
      // What stands in the request line is the runtime's spelling of it.
      const url = new URL(to.url);
      const target = url.href.slice(url.origin.length);
      const hop = await signedFields(
        options.sign,
        { method, authority, target, backend },
        sendOptions.responseTimeoutMs,
      );
      const headers = [...request.headers, ...hop];
      return await dispatch(to, { ...request, headers }, sendOptions, options);
    },
  };
}

async function dispatch(
  to: { readonly url: string; readonly resolveOverride: string | null },
  request: UpstreamRequest,
  sendOptions: SendOptions,
  options: FetchUpstreamOptions,
): Promise<UpstreamAnswer | UpstreamFailure> {
  const slow = new AbortController();
  const timer = setTimeout(() => slow.abort(), sendOptions.responseTimeoutMs);
  const { onceOnly } = options;
  const body = onceOnly !== null && !isIdempotent(request.method) ? onceOnly(request.body) : contentOf(request);
  const init = {
    method: request.method,
    headers: request.headers.map(([name, value]): [string, string] => [name, value]),
    body,
    redirect: "manual",
    decompress: false,
    signal: AbortSignal.any([sendOptions.signal, slow.signal]),
    ...(body instanceof ReadableStream ? { duplex: "half" } : {}),
    ...(to.resolveOverride === null ? {} : { cf: { resolveOverride: to.resolveOverride } }),
  };
  try {
    const response = await fetch(to.url, init as PlatformInit);
    const failure = options.platformFailure(response.status);
    if (failure !== null) {
      await response.body?.cancel();
      return failed(failure, `the platform answered ${response.status}`);
    }
    return { type: "answer", status: response.status, headers: fieldsOf(response.headers), body: response.body };
  } catch (error) {
    if (sendOptions.signal.aborted) return failed("client-gone", "the client went away");
    if (slow.signal.aborted) return failed("response-timeout", `no answer in ${sendOptions.responseTimeoutMs} ms`);
    return failed("other", causeOf(error));
  } finally {
    clearTimeout(timer);
  }
}

/** Where to connect, and under which name. The target begins with a slash, so it can never change the authority. */
function destination(
  origin: Origin,
  request: UpstreamRequest,
  zone: string | null,
): { readonly url: string; readonly resolveOverride: string | null } {
  const { protocol, connectHost, port } = origin;
  const inZone = zone !== null && (connectHost === zone || connectHost.endsWith(`.${zone}`));
  const host = inZone ? withoutPort(request.host) : bracketed(connectHost);
  return { url: `${protocol}://${host}:${port}${request.target}`, resolveOverride: inZone ? connectHost : null };
}

/** A stream of known length keeps its Content-Length where the runtime can (`FixedLengthStream`, workerd). */
function contentOf(request: UpstreamRequest): RequestInit["body"] {
  const { body, bodyLength } = request;
  if (body === null) return null;
  if (body instanceof Uint8Array) return body as Uint8Array<ArrayBuffer>;
  const fixed = (globalThis as { FixedLengthStream?: new (length: number) => TransformStream }).FixedLengthStream;
  if (bodyLength === null || fixed === undefined) return body;
  const stream = new fixed(bodyLength);
  // A client that breaks off shows as an aborted request at the origin; there is nobody left to tell here.
  body.pipeTo(stream.writable).catch(() => undefined);
  return stream.readable;
}

/** The runtime resolves names by itself: only what is written as an address can be judged here. */
function addressProblem(origin: Origin, allowPrivateOrigins: boolean): string | null {
  const { connectHost } = origin;
  if (parseLiteral(connectHost) === null) return null;
  const problem = connectAddressProblem(connectHost, origin, allowPrivateOrigins);
  return problem === null ? null : `${connectHost} ${problem}`;
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function withoutPort(host: string): string {
  const end = host.startsWith("[") ? host.indexOf("]") + 1 : host.indexOf(":");
  return end <= 0 ? host : host.slice(0, end);
}

function failed(failure: AttemptFailure, detail: string): UpstreamFailure {
  return { type: "failed", failure, unsent: false, detail };
}
