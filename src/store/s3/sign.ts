/** AWS Signature Version 4 of one request, as S3 takes it: the whole payload is hashed, the path is encoded once. */
import { createHash, createHmac } from "node:crypto";

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of credentials that expire. */
  readonly sessionToken: string | null;
}

export interface ToSign {
  readonly method: string;
  /** With its path and query as they go over the wire. */
  readonly url: URL;
  /** Signed beside `host` and the `x-amz-` headers; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface SignOptions {
  readonly credentials: AwsCredentials;
  readonly region: string;
  readonly nowMs: number;
  /** S3 unless said otherwise. */
  readonly service?: string;
}

/** The headers to send, `authorization` included. */
export function signed(request: ToSign, options: SignOptions): Record<string, string> {
  const { sessionToken } = options.credentials;
  const scope = scopeOf(options);
  const payload = sha256(request.body);
  const headers: Record<string, string> = {
    ...request.headers,
    // Only S3 asks for it.
    ...((options.service ?? "s3") === "s3" ? { "x-amz-content-sha256": payload } : {}),
    "x-amz-date": scope.time,
    ...(sessionToken === null ? {} : { "x-amz-security-token": sessionToken }),
  };
  const { names, text } = canonical({ ...request, headers }, payload);
  const signature = signatureOf(text, scope, options);
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${scope.credential}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

/** A GET that whoever holds its address may send, with these headers, within `expiresSeconds`. */
export function presigned(request: Pick<ToSign, "url" | "headers">, expiresSeconds: number, options: SignOptions): URL {
  const { sessionToken } = options.credentials;
  const scope = scopeOf(options);
  const url = new URL(request.url);
  const names = [...Object.keys(request.headers), "host"].sort().join(";");
  url.searchParams.set("X-Amz-Algorithm", "AWS4-HMAC-SHA256");
  url.searchParams.set("X-Amz-Credential", scope.credential);
  url.searchParams.set("X-Amz-Date", scope.time);
  url.searchParams.set("X-Amz-Expires", String(expiresSeconds));
  url.searchParams.set("X-Amz-SignedHeaders", names);
  if (sessionToken !== null) url.searchParams.set("X-Amz-Security-Token", sessionToken);
  const { text } = canonical({ method: "GET", url, headers: request.headers }, sha256(""));
  url.search = `${canonicalQuery(url)}&X-Amz-Signature=${signatureOf(text, scope, options)}`;
  return url;
}

interface Scope {
  readonly time: string;
  readonly text: string;
  readonly credential: string;
}

function scopeOf({ credentials, region, nowMs, service = "s3" }: SignOptions): Scope {
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const text = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  return { time, text, credential: `${credentials.accessKeyId}/${text}` };
}

function canonical({ method, url, headers }: Omit<ToSign, "body">, payload: string) {
  const lines = Object.entries({ ...headers, host: url.host })
    .map(([name, value]) => [name, value.trim()] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const names = lines.map(([name]) => name).join(";");
  const fields = lines.map(([name, value]) => `${name}:${value}`);
  const text = [method, url.pathname, canonicalQuery(url), ...fields, "", names, payload].join("\n");
  return { names, text };
}

function signatureOf(text: string, scope: Scope, { credentials }: SignOptions): string {
  const toSign = ["AWS4-HMAC-SHA256", scope.time, scope.text, sha256(text)].join("\n");
  const key = scope.text.split("/").reduce(hmac, Buffer.from(`AWS4${credentials.secretAccessKey}`));
  return hmac(key, toSign).toString("hex");
}

/** RFC 3986 unreserved characters stay, everything else is escaped. */
export function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

function canonicalQuery({ searchParams }: URL): string {
  const pairs = [...searchParams].map(([name, value]) => `${escaped(name)}=${escaped(value)}`);
  return pairs.sort().join("&");
}

function sha256(value: string | Uint8Array): string {
  return createHash("sha256").update(value).digest("hex");
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
