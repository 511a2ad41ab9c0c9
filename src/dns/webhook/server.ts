/**
 * The far side of external-dns' webhook protocol as one function from request to response, so that any HTTP server can
 * serve it. It listens beside external-dns, on loopback: the protocol has no credentials of its own.
 */
import { causeOf } from "../../core/cause.ts";
import type { Endpoint, EndpointChanges } from "../../core/dns/endpoint.ts";
import { endpointsJson, MEDIA_TYPE, parseChanges, parseEndpoints } from "./json.ts";

/** What stands behind the protocol. Rejections become 500, which external-dns takes for "try again in the next loop". */
export interface WebhookBackend {
  /** Domains that may be written, as external-dns' own filter has them. */
  domains(): Promise<readonly string[]>;
  records(): Promise<readonly Endpoint[]>;
  apply(changes: EndpointChanges): Promise<void>;
  /** Desired endpoints as this provider would give them back, so that they are not different for ever. */
  adjust(endpoints: readonly Endpoint[]): Promise<readonly Endpoint[]>;
}

export interface WebhookServerOptions {
  readonly maxBodyBytes?: number;
  /** Where what went wrong is said; the protocol's answers say little. */
  readonly onError?: (error: unknown) => void;
}

/** external-dns' own limit. */
const MAX_BODY = 32 * 1024 * 1024;

export function webhookServer(
  backend: WebhookBackend,
  options: WebhookServerOptions = {},
): (request: Request) => Promise<Response> {
  const { maxBodyBytes = MAX_BODY, onError = () => undefined } = options;
  return async (request) => {
    try {
      return await answer(request, backend, maxBodyBytes);
    } catch (error) {
      onError(error);
      return plain(500, causeOf(error));
    }
  };
}

async function answer(request: Request, backend: WebhookBackend, maxBodyBytes: number): Promise<Response> {
  const { pathname } = new URL(request.url);
  switch (`${request.method} ${pathname}`) {
    case "GET /":
      return json(200, JSON.stringify({ include: await backend.domains() }));
    case "GET /records":
      return json(200, endpointsJson(await backend.records()));
    case "GET /healthz":
      return plain(200, "ok");
    case "POST /records": {
      const body = await readBody(request, maxBodyBytes);
      if (body === null) return plain(413, `the body is larger than ${maxBodyBytes} bytes`);
      const changes = parseChanges(body);
      if (!changes.ok) return plain(400, `Cannot read the changes: ${changes.problem}`);
      await backend.apply(changes.value);
      return new Response(null, { status: 204 });
    }
    case "POST /adjustendpoints": {
      const body = await readBody(request, maxBodyBytes);
      if (body === null) return plain(413, `the body is larger than ${maxBodyBytes} bytes`);
      const endpoints = parseEndpoints(body);
      if (!endpoints.ok) return plain(400, `Cannot read the endpoints: ${endpoints.problem}`);
      return json(200, endpointsJson(await backend.adjust(endpoints.value)));
    }
    default:
      // external-dns answers a wrong method so, and its tests ask for it.
      return plain(KNOWN.has(pathname) ? 400 : 404, `Cannot ${request.method} ${pathname}`);
  }
}

const KNOWN: ReadonlySet<string> = new Set(["/", "/records", "/adjustendpoints", "/healthz"]);

/** The body, or null as soon as it is larger than the limit. */
async function readBody(request: Request, maxBytes: number): Promise<string | null> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function json(status: number, body: string): Response {
  return new Response(body, { status, headers: { "content-type": MEDIA_TYPE, vary: "content-type" } });
}

function plain(status: number, text: string): Response {
  return new Response(text, { status, headers: { "content-type": "text/plain" } });
}
