/**
 * Origins through Fastly's `fetch`, each over a backend of its own: that decides where bytes go and which certificate is
 * wanted, the URL decides Host. Timeouts are the backend's.
 */
import { causeOf } from "../../core/cause.ts";
import { connectAddressProblem } from "../../core/address/origin-address.ts";
import { parseLiteral } from "../../core/address/ip.ts";
import type { Origin } from "../../core/model.ts";
import type { AttemptFailure } from "../../core/retry.ts";
import { fieldsOf } from "../fetch/message.ts";
import { type SignHop, signedFields } from "../fetch/signed-fields.ts";
import type { SendOptions, Upstream, UpstreamAnswer, UpstreamFailure, UpstreamRequest } from "../upstream.ts";

export interface FastlyUpstreamOptions {
  /** Loopback and private addresses may be origins; metadata addresses never. */
  readonly allowPrivateOrigins: boolean;
  /** Value of `portolan-hop` for origins that want it; null without a key. */
  readonly sign: SignHop | null;
  /** Sends one request over a backend that connects to this origin. Fastly's own, so `workers/fastly-backends.ts`. */
  readonly fetchFrom: (
    origin: Origin,
    request: { readonly url: string; readonly init: RequestInit },
    timeouts: Pick<SendOptions, "connectTimeoutMs" | "responseTimeoutMs">,
  ) => Promise<Response>;
}

/** One try is one `fetch`: Fastly follows no redirect and decodes no body. */
export function fastlyUpstream(options: FastlyUpstreamOptions): Upstream {
  return {
    provesUnsent: false,
    hostOverride: "any",
    async send(origin, request, sendOptions) {
      const problem = addressProblem(origin, options.allowPrivateOrigins);
      if (problem !== null) return { ...failed("forbidden-address", problem), unsent: true };
      const url = `${origin.protocol}://${request.host}${request.target}`;
      if (!origin.signed) return await dispatch(origin, url, request, { ...sendOptions, ...options });
      if (options.sign === null) return failed("other", "no key");
      const { method, publicHost: authority, backend } = request;
      // What stands in the request line is the runtime's spelling of it.
      const spelled = new URL(url);
      const target = spelled.href.slice(spelled.origin.length);
      const hop = await signedFields(
        options.sign,
        { method, authority, target, backend },
        sendOptions.responseTimeoutMs,
      );
      const headers = [...request.headers, ...hop];
      return await dispatch(origin, url, { ...request, headers }, { ...sendOptions, ...options });
    },
  };
}

async function dispatch(
  origin: Origin,
  url: string,
  request: UpstreamRequest,
  options: FastlyUpstreamOptions & SendOptions,
): Promise<UpstreamAnswer | UpstreamFailure> {
  const { connectTimeoutMs, responseTimeoutMs, signal } = options;
  const init: RequestInit = {
    method: request.method,
    headers: request.headers.map(([name, value]): [string, string] => [name, value]),
    body: bodyOf(request.body),
    redirect: "manual",
  };
  try {
    const response = await until(
      options.fetchFrom(origin, { url, init }, { connectTimeoutMs, responseTimeoutMs }),
      responseTimeoutMs,
      signal,
    );
    if (response === "gone") return failed("client-gone", "the client went away");
    if (response === "late") return failed("response-timeout", `no answer in ${responseTimeoutMs} ms`);
    return { type: "answer", status: response.status, headers: fieldsOf(response.headers), body: response.body };
  } catch (error) {
    const detail = causeOf(error);
    return failed(failureOf(detail), detail);
  }
}

function bodyOf(body: UpstreamRequest["body"]): NonNullable<RequestInit["body"]> | null {
  return body instanceof Uint8Array ? new Uint8Array(body) : body;
}

/** The answer, or what came before it. */
async function until(answer: Promise<Response>, ms: number, signal: AbortSignal): Promise<Response | "late" | "gone"> {
  const { promise, resolve } = Promise.withResolvers<"late" | "gone">();
  const timer = setTimeout(() => resolve("late"), ms);
  const leave = () => resolve("gone");
  signal.addEventListener("abort", leave);
  // Nobody is told of what becomes of an answer that came too late.
  answer.catch(() => undefined);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", leave);
  }
}

/** Fastly's own words for why it has no answer. */
function failureOf(detail: string): AttemptFailure {
  const words = detail.toLowerCase();
  if (words.includes("refused")) return "refused";
  if (words.includes("dns")) return "name-not-found";
  if (words.includes("connection timeout") || words.includes("connect timeout")) return "connect-timeout";
  if (words.includes("timeout") || words.includes("timed out")) return "response-timeout";
  if (words.includes("tls") || words.includes("certificate")) return "tls";
  if (words.includes("unroutable") || words.includes("unavailable")) return "unreachable";
  if (words.includes("terminated") || words.includes("incomplete") || words.includes("reset")) return "reset";
  return "other";
}

/** The platform resolves names by itself: only what is written as an address can be judged here. */
function addressProblem(origin: Origin, allowPrivateOrigins: boolean): string | null {
  const { connectHost } = origin;
  if (parseLiteral(connectHost) === null) return null;
  const problem = connectAddressProblem(connectHost, origin, allowPrivateOrigins);
  return problem === null ? null : `${connectHost} ${problem}`;
}

function failed(failure: AttemptFailure, detail: string): UpstreamFailure {
  return { type: "failed", failure, unsent: false, detail };
}
