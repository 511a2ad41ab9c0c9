/** Checks AWS' signature version 4 as AWS does: from the request as it came, knowing the secret. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

export interface Signer {
  readonly id: string;
  readonly secret: string;
  /** Null for credentials that do not expire. */
  readonly session: string | null;
}

export interface Arrived {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

const hash = (text: string) => createHash("sha256").update(text, "utf8").digest("hex");
const mac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
const enc = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** Null when the signature is right; otherwise what AWS would say. */
export function signatureProblem(arrived: Arrived, signer: Signer, service: string, nowMs: number): string | null {
  const { url, headers } = arrived;
  const query = [...url.searchParams].filter(([name]) => name !== "X-Amz-Signature");
  const of = (name: string) => url.searchParams.get(name) ?? "";
  const isQuery = of("X-Amz-Signature") !== "";
  const field = (name: string) => new RegExp(`${name}=([^, ]+)`).exec(headers["authorization"] ?? "")?.[1] ?? "";
  const credential = isQuery ? of("X-Amz-Credential") : field("Credential");
  const names = isQuery ? of("X-Amz-SignedHeaders") : field("SignedHeaders");
  const given = isQuery ? of("X-Amz-Signature") : field("Signature");
  const date = isQuery ? of("X-Amz-Date") : (headers["x-amz-date"] ?? "");
  const session = isQuery ? url.searchParams.get("X-Amz-Security-Token") : (headers["x-amz-security-token"] ?? null);
  const [id, day, region, of4, last] = credential.split("/");
  if (id !== signer.id || session !== signer.session) return "InvalidClientTokenId";
  if (of4 !== service || last !== "aws4_request" || day !== date.slice(0, 8)) return "SignatureDoesNotMatch: scope";
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (!(Math.abs(nowMs - at) <= 15 * 60_000)) return "SignatureDoesNotMatch: Signature expired";
  const lines = names.split(";").map((name) => `${name}:${(headers[name] ?? "").trim()}\n`);
  const canonical = [
    arrived.method,
    url.pathname,
    query
      .map(([name, value]) => `${enc(name)}=${enc(value)}`)
      .sort()
      .join("&"),
    lines.join(""),
    names,
    hash(arrived.body),
  ].join("\n");
  const text = `AWS4-HMAC-SHA256\n${date}\n${day}/${region}/${service}/aws4_request\n${hash(canonical)}`;
  const key = mac(mac(mac(mac(`AWS4${signer.secret}`, day ?? ""), region ?? ""), service), "aws4_request");
  const right = mac(key, text).toString("hex");
  const isSame = right.length === given.length && timingSafeEqual(Buffer.from(right), Buffer.from(given));
  return isSame ? null : "SignatureDoesNotMatch";
}

/** What EKS finds out about a token: null when it is right for this cluster. */
export function eksTokenProblem(token: string, cluster: string, signer: Signer, nowMs: number): string | null {
  if (!token.startsWith("k8s-aws-v1.")) return "no token of EKS";
  const url = new URL(Buffer.from(token.slice("k8s-aws-v1.".length), "base64url").toString());
  if (!/^sts\.[a-z0-9-]+\.amazonaws\.com$/.test(url.host) || url.pathname !== "/") return "another host";
  if (url.searchParams.get("Action") !== "GetCallerIdentity") return "another action";
  if (!(url.searchParams.get("X-Amz-SignedHeaders") ?? "").split(";").includes("x-k8s-aws-id")) return "no cluster";
  const expires = Number(url.searchParams.get("X-Amz-Expires"));
  if (!(expires > 0 && expires <= 900)) return "no lifetime";
  const headers = { host: url.host, "x-k8s-aws-id": cluster };
  return signatureProblem({ method: "GET", url, headers, body: "" }, signer, "sts", nowMs);
}
