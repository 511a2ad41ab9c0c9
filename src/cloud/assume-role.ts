/** Credentials of a role, from AWS' Security Token Service: for clusters of another account. */
import type { CredentialsSource } from "../store/s3/credentials.ts";
import { signed } from "../store/s3/sign.ts";
import type { AwsCredentials } from "../store/s3/sign.ts";
import { stsHost } from "./eks-token.ts";

export interface AssumeRoleOptions {
  readonly role: string;
  readonly region: string;
  /** Who asks. */
  readonly credentials: CredentialsSource;
  readonly now: () => number;
  /** Null for AWS' own. */
  readonly endpoint: string | null;
  readonly timeoutMs?: number;
}

/** Asked again when less than this is left. */
const LEEWAY_MS = 5 * 60_000;

/** The role's credentials, kept until shortly before they end. Rejects with what AWS says, never with a secret. */
export function assumedRole(options: AssumeRoleOptions): CredentialsSource {
  let held: { readonly credentials: AwsCredentials; readonly expiresAtMs: number } | null = null;
  return async () => {
    if (held === null || held.expiresAtMs - LEEWAY_MS <= options.now()) held = await assume(options);
    return held.credentials;
  };
}

async function assume({ role, region, credentials, now, endpoint, timeoutMs = 10_000 }: AssumeRoleOptions) {
  const url = new URL(endpoint ?? `https://${stsHost(region)}/`);
  const form = { Action: "AssumeRole", Version: "2011-06-15", RoleArn: role, RoleSessionName: "portolan" };
  const body = new URLSearchParams(form).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
  const request = { method: "POST", url, headers, body: new TextEncoder().encode(body) };
  const how = { credentials: await credentials(), region, nowMs: now(), service: "sts" };
  const response = await fetch(url, {
    method: "POST",
    headers: signed(request, how),
    body,
    redirect: "error",
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await response.text();
  const fail = (why: string) => new Error(`Cannot assume the role "${role}": ${why}`);
  if (!response.ok) throw fail(`HTTP ${response.status} ${element(text, "Code")} ${element(text, "Message")}`.trim());
  const [id, secret, token] = ["AccessKeyId", "SecretAccessKey", "SessionToken"].map((name) => element(text, name));
  const expiresAtMs = Date.parse(element(text, "Expiration"));
  if (!id || !secret || !token || Number.isNaN(expiresAtMs)) throw fail("the answer holds no credentials");
  return { credentials: { accessKeyId: id, secretAccessKey: secret, sessionToken: token }, expiresAtMs };
}

/** Text of the only element of a name in AWS' small XML; empty when it is not there. */
function element(xml: string, name: string): string {
  const from = xml.indexOf(`<${name}>`);
  const to = xml.indexOf(`</${name}>`, from);
  return from === -1 || to === -1 ? "" : xml.slice(from + name.length + 2, to);
}
