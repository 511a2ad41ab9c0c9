/** Origins through undici: keeps Host, proves what was never sent, checks every address before it connects. */
import { lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { Readable } from "node:stream";
import { Agent, buildConnector } from "undici";
import { connectAddressProblem } from "../../core/address/origin-address.ts";
import type { Origin } from "../../core/model.ts";
import type { AttemptFailure } from "../../core/retry.ts";
import type { HeaderField } from "../message.ts";
import type { SendOptions, Upstream, UpstreamAnswer, UpstreamFailure, UpstreamRequest } from "../upstream.ts";

export interface NodeUpstreamOptions {
  /** Loopback and private addresses may be origins; metadata addresses never. */
  readonly allowPrivateOrigins: boolean;
  readonly connectTimeoutMs: number;
}

export interface NodeUpstream extends Upstream {
  close(): Promise<void>;
}

/** Failures before a byte was written, marked by the connector. */
class ConnectError extends Error {}
class ForbiddenAddress extends Error {}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export function nodeUpstream(options: NodeUpstreamOptions): NodeUpstream {
  // No connection limit: a limited pool stops for good after as many invalid requests (reference S: FM40).
  const agents = new Map<string, Agent>();
  const agentFor = (origin: Origin): Agent => {
    const key = JSON.stringify([origin.serverName, origin.ca, origin.allowedCidrs]);
    const known = agents.get(key);
    if (known !== undefined) return known;
    const agent = new Agent({ connect: connector(options, origin), keepAliveTimeout: 4000, pipelining: 1 });
    agents.set(key, agent);
    return agent;
  };
  return {
    provesUnsent: true,
    hostOverride: "any",
    async send(origin, request, sendOptions) {
      const invalid = invalidPart(request);
      if (invalid !== null) return failed("protocol", true, `the ${invalid} cannot be sent`);
      if (sendOptions.signal.aborted) return failed("client-gone", true, "aborted before the try");
      const agent = agentFor(origin);
      const authority = origin.connectHost.includes(":") ? `[${origin.connectHost}]` : origin.connectHost;
      return await dispatch(agent, `${origin.protocol}://${authority}:${origin.port}`, request, sendOptions);
    },
    close: async () => void (await Promise.all([...agents.values()].map((agent) => agent.destroy()))),
  };
}

async function dispatch(
  agent: Agent,
  origin: string,
  request: UpstreamRequest,
  options: SendOptions,
): Promise<UpstreamAnswer | UpstreamFailure> {
  const slow = new AbortController();
  const timer = setTimeout(() => slow.abort(), options.responseTimeoutMs);
  const headers = [...request.headers, ["host", request.host] as const].flat();
  if (request.body !== null && request.bodyLength !== null) headers.push("content-length", String(request.bodyLength));
  const body =
    request.body === null || request.body instanceof Uint8Array ? request.body : Readable.fromWeb(request.body);
  try {
    const answer = await agent.request({
      origin,
      path: request.target,
      method: request.method,
      headers,
      body,
      signal: AbortSignal.any([options.signal, slow.signal]),
      responseHeaders: "raw",
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return {
      type: "answer",
      status: answer.statusCode,
      headers: rawFields(answer.headers),
      body: bodyStream(answer.body, request.method, answer.statusCode),
    };
  } catch (error) {
    return classify(error, options.signal.aborted, slow.signal.aborted);
  } finally {
    clearTimeout(timer);
  }
}

/** With `responseHeaders: "raw"` undici gives the list as it came, so that repeated fields stay apart. */
function rawFields(headers: unknown): readonly HeaderField[] {
  const list = headers as readonly (string | Buffer)[];
  const fields: HeaderField[] = [];
  for (let index = 0; index + 1 < list.length; index += 2) {
    fields.push([latin1(list[index]).toLowerCase(), latin1(list[index + 1])]);
  }
  return fields;
}

function latin1(value: string | Buffer | undefined): string {
  return typeof value === "string" ? value : (value?.toString("latin1") ?? "");
}

function bodyStream(body: Readable, method: string, status: number): ReadableStream<Uint8Array> | null {
  if (method === "HEAD" || status === 204 || status === 304) {
    body.resume();
    return null;
  }
  return Readable.toWeb(body, { strategy: { highWaterMark: 0 } }) as ReadableStream<Uint8Array>;
}

/** Validated before dispatch: what undici would throw at synchronously must never reach a pool (FM40). */
function invalidPart(request: UpstreamRequest): string | null {
  if (!TOKEN.test(request.method)) return "method";
  if (!isPlain(request.target) || !request.target.startsWith("/")) return "target";
  if (!isPlain(request.host)) return "host";
  for (const [name, value] of request.headers) if (!TOKEN.test(name) || !isFieldValue(value)) return "header";
  return null;
}

function isPlain(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code <= 32 || code >= 127) return false;
  }
  return text !== "";
}

/** RFC 9110 §5.5 without obs-fold. */
function isFieldValue(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if ((code < 32 && code !== 9) || code === 127 || code > 255) return false;
  }
  return true;
}

function connector(options: NodeUpstreamOptions, origin: Origin): buildConnector.connector {
  const { serverName, ca } = origin;
  const connect = buildConnector({
    timeout: options.connectTimeoutMs,
    lookup: checkedLookup(options, origin),
    ...(serverName === null ? {} : { servername: serverName }),
    ...(ca === null ? {} : { ca }),
  });
  return (target, callback) => {
    const problem = isIP(target.hostname) === 0 ? null : addressProblem(target.hostname, options, origin);
    if (problem !== null) {
      callback(new ConnectError(problem, { cause: new ForbiddenAddress(problem) }), null);
      return;
    }
    connect(target, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else callback(new ConnectError(error.message, { cause: error }), null);
    });
  };
}

/** Checks what a name resolves to, at the moment of connecting: a checked name may resolve elsewhere a second later (FM60). */
function checkedLookup(options: NodeUpstreamOptions, origin: Origin): LookupFunction {
  return (hostname, lookupOptions, callback) => {
    lookup(hostname, { ...lookupOptions, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const allowed = addresses.filter(({ address }) => addressProblem(address, options, origin) === null);
      if (allowed.length === 0)
        return callback(new ForbiddenAddress(`${hostname} resolves to forbidden addresses only`), []);
      return lookupOptions.all === true
        ? callback(null, allowed)
        : callback(null, allowed[0]?.address ?? "", allowed[0]?.family ?? 4);
    });
  };
}

function addressProblem(address: string, options: NodeUpstreamOptions, origin: Origin): string | null {
  return connectAddressProblem(address, origin, options.allowPrivateOrigins);
}

const CODES: Readonly<Record<string, AttemptFailure>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  EPIPE: "reset",
  UND_ERR_SOCKET: "reset",
  ETIMEDOUT: "connect-timeout",
  UND_ERR_CONNECT_TIMEOUT: "connect-timeout",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  ENOTFOUND: "name-not-found",
  EAI_AGAIN: "name-not-found",
};

function classify(error: unknown, clientGone: boolean, slow: boolean): UpstreamFailure {
  const detail = error instanceof Error ? error.message : String(error);
  if (clientGone) return failed("client-gone", false, detail);
  const connecting = error instanceof ConnectError;
  const root = connecting ? error.cause : error;
  if (root instanceof ForbiddenAddress) return failed("forbidden-address", true, detail);
  if (slow) return failed(connecting ? "connect-timeout" : "response-timeout", connecting, detail);
  const code = codeOf(root);
  const known = CODES[code];
  if (known !== undefined) return failed(known, connecting, detail);
  if (connecting)
    return failed(
      code.includes("TLS") || code.includes("CERT") || code.includes("SSL") ? "tls" : "unreachable",
      true,
      detail,
    );
  return failed(code.startsWith("HPE_") || code.startsWith("UND_ERR") ? "protocol" : "other", false, detail);
}

/** Several addresses that all failed come as one AggregateError. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function failed(failure: AttemptFailure, unsent: boolean, detail: string): UpstreamFailure {
  return { type: "failed", failure, unsent, detail };
}
