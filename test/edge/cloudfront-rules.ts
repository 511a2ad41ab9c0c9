/** What CloudFront refuses of a function's result: 502 to the viewer. Source: "Restrictions on all edge functions". */

export type Headers = Record<string, { key?: string; value: string }[]>;

export interface ViewerRequest {
  readonly clientIp: string;
  readonly method: string;
  readonly uri: string;
  readonly querystring: string;
  readonly headers: Headers;
  readonly origin?: {
    readonly custom?: {
      readonly domainName: string;
      readonly port: number;
      readonly protocol: string;
      readonly path: string;
      readonly readTimeout: number;
      readonly keepaliveTimeout: number;
      readonly sslProtocols: readonly string[];
      readonly customHeaders: Headers;
    };
  };
}

const DISALLOWED =
  /^(connection|expect|keep-alive|proxy-(authenticate|authorization|connection)|trailer|upgrade|x-accel-(buffering|charset|limit-rate|redirect)|x-amz-cf-.*|x-amzn-.*|x-cache|x-edge-.*|x-forwarded-proto|x-real-ip)$/;
const READ_ONLY = [
  "accept-encoding",
  "content-length",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "transfer-encoding",
  "via",
];
const MAX_GENERATED_BYTES = 1_048_576;

/** Whether functions see a field at all. */
export function isExposed(name: string): boolean {
  return !DISALLOWED.test(name);
}

/** Why a changed request is refused, or null. */
export function requestProblem(before: ViewerRequest, after: ViewerRequest): string | null {
  for (const field of ["clientIp", "method"] as const) {
    if (before[field] !== after[field]) return `${field} was changed`;
  }
  for (const [name, values] of Object.entries(after.headers)) {
    if (name !== name.toLowerCase()) return `the field ${name} is not in lower case`;
    if (!isExposed(name)) return `the field ${name} is disallowed`;
    if (values.some(({ key, value }) => typeof value !== "string" || (key ?? name).toLowerCase() !== name))
      return `the field ${name} is malformed`;
  }
  for (const name of READ_ONLY) {
    const text = ({ headers }: ViewerRequest) => JSON.stringify(headers[name]?.map(({ value }) => value) ?? null);
    if (text(before) !== text(after)) return `the field ${name} is read-only`;
  }
  if (!after.uri.startsWith("/") || after.querystring.startsWith("?")) return "uri or querystring is malformed";
  const custom = after.origin?.custom;
  if (custom === undefined) return "there is no custom origin";
  const { domainName, port, protocol, readTimeout, keepaliveTimeout, sslProtocols } = custom;
  if (domainName === "" || domainName.length > 253) return "domainName is malformed";
  if (port !== 80 && port !== 443 && !(port >= 1024 && port <= 65_535)) return `port ${port} is not allowed`;
  if (protocol !== "http" && protocol !== "https") return `protocol ${protocol} is none`;
  if (!(readTimeout >= 1 && readTimeout <= 60 && Number.isInteger(readTimeout))) return `readTimeout ${readTimeout}`;
  if (!(keepaliveTimeout >= 1 && keepaliveTimeout <= 60)) return `keepaliveTimeout ${keepaliveTimeout}`;
  return sslProtocols.length > 0 ? null : "there is no sslProtocol";
}

/** Why a generated answer is refused, or null. */
export function answerProblem(answer: { status: string; headers?: Headers; body?: string }): string | null {
  if (!/^[2-5]\d\d$/.test(answer.status)) return `status ${answer.status}`;
  for (const name of Object.keys(answer.headers ?? {})) {
    if (!isExposed(name) || name === "content-length" || name === "transfer-encoding" || name === "via")
      return `the field ${name} is disallowed`;
  }
  return Buffer.byteLength(JSON.stringify(answer)) <= MAX_GENERATED_BYTES ? null : "it is larger than 1 MB";
}
