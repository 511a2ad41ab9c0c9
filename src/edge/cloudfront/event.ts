/**
 * Requests as CloudFront hands them to a Lambda@Edge function at the origin request, and what it takes back.
 * Shapes: AWS, "Lambda@Edge event structure"; what may be written: "Restrictions on all edge functions".
 */
import type { ClientLocation } from "../../core/decision.ts";
import type { LocalAnswer } from "../local-answer.ts";
import { type EdgeRequestHead, firstHeader, type HeaderField } from "../message.ts";

/** By lower-case name. */
export type CloudFrontHeaders = Readonly<Record<string, readonly { readonly key?: string; readonly value: string }[]>>;

export interface CustomOrigin {
  readonly domainName: string;
  readonly port: number;
  readonly protocol: "http" | "https";
  readonly path: string;
  readonly sslProtocols: readonly string[];
  /** Seconds. */
  readonly readTimeout: number;
  readonly keepaliveTimeout: number;
  readonly customHeaders: CloudFrontHeaders;
}

export interface CloudFrontRequest {
  readonly clientIp: string;
  readonly method: string;
  readonly uri: string;
  /** Without its question mark. */
  readonly querystring: string;
  readonly headers: CloudFrontHeaders;
  readonly origin?: { readonly custom?: CustomOrigin };
}

export interface CloudFrontResponse {
  readonly status: string;
  readonly statusDescription?: string;
  readonly headers?: CloudFrontHeaders;
  readonly body?: string;
}

/** Functions may read these, and a request in which one was changed is answered with 502. */
const READ_ONLY: ReadonlySet<string> = new Set([
  "accept-encoding",
  "content-length",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "transfer-encoding",
  "via",
]);

/** A request or an answer to which one of these was added is answered with 502. */
const DISALLOWED: ReadonlySet<string> = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "trailer",
  "upgrade",
  "x-cache",
  "x-forwarded-proto",
  "x-real-ip",
]);
const DISALLOWED_STARTS: readonly string[] = ["x-accel-", "x-amz-cf-", "x-amzn-", "x-edge-"];

/** The field that a distribution's origins carry: `1` for the first member of an origin group, `2` for the second. */
export const MEMBER_FIELD = "portolan-member";

/** The field in which a distribution gives its function settings: no viewer can send it, and it never goes on. */
const SETTINGS_FIELD = "portolan-settings";

/** JSON of the settings that the distribution gives; null when it gives none. */
export function settingsOf(request: CloudFrontRequest): string | null {
  return request.origin?.custom?.customHeaders[SETTINGS_FIELD]?.[0]?.value ?? null;
}

/** The request as the edge sees it; `location` is what the platform says of the client. */
export function cloudFrontHead(request: CloudFrontRequest, location: ClientLocation | null): EdgeRequestHead {
  const headers = fieldsOf(request.headers);
  return {
    method: request.method,
    target: request.querystring === "" ? request.uri : `${request.uri}?${request.querystring}`,
    host: firstHeader(headers, "host") ?? "",
    headers,
    peerAddress: request.clientIp,
    scheme: firstHeader(headers, "cloudfront-forwarded-proto") === "http" ? "http" : "https",
    runtimeLocation: location,
  };
}

/** Which member of the origin group is asked: 1, or 2 when CloudFront comes again because the first one failed. */
export function memberOf(request: CloudFrontRequest): number {
  return request.origin?.custom?.customHeaders[MEMBER_FIELD]?.[0]?.value === "2" ? 2 : 1;
}

/** The request for an origin: fields that may not be changed stay as they came. */
export function toOrigin(
  request: CloudFrontRequest,
  to: Pick<CustomOrigin, "domainName" | "port" | "protocol" | "readTimeout"> & {
    readonly host: string;
    /** Path and query. */
    readonly target: string;
    readonly headers: readonly HeaderField[];
  },
): CloudFrontRequest {
  const { host, target, headers, ...origin } = to;
  const mark = target.indexOf("?");
  const kept = Object.entries(request.headers).filter(([name]) => READ_ONLY.has(name));
  const own = grouped([["host", host], ...headers.filter(([name]) => isWritable(name))]);
  return {
    ...request,
    uri: mark === -1 ? target : target.slice(0, mark),
    querystring: mark === -1 ? "" : target.slice(mark + 1),
    headers: { ...own, ...Object.fromEntries(kept) },
    origin: {
      custom: { ...origin, path: "", sslProtocols: ["TLSv1.2"], keepaliveTimeout: 5, customHeaders: {} },
    },
  };
}

/** An answer of ours. CloudFront counts the body itself. */
export function toAnswer({ status, headers, text }: LocalAnswer): CloudFrontResponse {
  const fields = headers.filter(([name]) => name !== "content-length" && isWritable(name));
  return { status: String(status), headers: grouped(fields), body: text };
}

function isWritable(name: string): boolean {
  return !READ_ONLY.has(name) && !DISALLOWED.has(name) && !DISALLOWED_STARTS.some((start) => name.startsWith(start));
}

function fieldsOf(headers: CloudFrontHeaders): readonly HeaderField[] {
  return Object.entries(headers).flatMap(([name, values]) =>
    values.map(({ value }): HeaderField => [name.toLowerCase(), value]),
  );
}

function grouped(fields: readonly HeaderField[]): CloudFrontHeaders {
  const headers: Record<string, { key: string; value: string }[]> = {};
  for (const [name, value] of fields) (headers[name] ??= []).push({ key: name, value });
  return headers;
}
