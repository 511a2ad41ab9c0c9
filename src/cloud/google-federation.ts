/**
 * Google's access tokens without a key of Google's: a workload elsewhere shows who it is, and Google exchanges that
 * (workload identity federation, RFC 8693). The file of kind `external_account` that gcloud writes says how.
 *
 * | source                | what is shown                                                               |
 * |-----------------------|-----------------------------------------------------------------------------|
 * | `environment_id: aws1` | a signed request that asks AWS who its sender is; Google sends it            |
 * | `file`                | a token that something else keeps fresh in a file                           |
 */
import { parse, nullable, orDefault, record, text } from "../core/snapshot/guard.ts";
import type { CredentialsSource } from "../store/s3/credentials.ts";
import { signed } from "../store/s3/sign.ts";

export interface FederationOptions {
  /** The file's text. */
  readonly account: string;
  readonly scope: string;
  /** Who the workload is on AWS. */
  readonly credentials: CredentialsSource;
  readonly region: string | null;
  readonly readFile: (path: string) => Promise<string>;
  readonly now: () => number;
  readonly timeoutMs?: number;
}

const readSource = record({
  environment_id: orDefault(text(), ""),
  regional_cred_verification_url: orDefault(text(2048), ""),
  file: orDefault(text(4096), ""),
  format: orDefault(
    record({ type: orDefault(text(), "text"), subject_token_field_name: orDefault(text(), "access_token") }),
    { type: "text", subject_token_field_name: "access_token" },
  ),
});
const readAccount = record({
  type: text(),
  audience: text(2048),
  subject_token_type: text(),
  token_url: text(2048),
  service_account_impersonation_url: orDefault(nullable(text(2048)), null),
  credential_source: readSource,
});
type Account = ReturnType<typeof readAccount>;

/** Whether the text is a file of that kind. */
export function isExternalAccount(account: string): boolean {
  const parsed = parse(readAccount, account);
  return parsed.ok && parsed.value.type === "external_account";
}

/** A token is replaced so long before it ends, since a request that carries it takes its time too. */
const EARLY_MS = 60_000;

/** Tokens as they are needed. Rejects with who refused, never with what was shown. */
export function federatedToken(options: FederationOptions): () => Promise<string> {
  const { now } = options;
  let held: { readonly token: string; readonly untilMs: number } | null = null;
  return async () => {
    if (held !== null && now() < held.untilMs - EARLY_MS) return held.token;
    const parsed = parse(readAccount, options.account);
    if (!parsed.ok) throw new Error("Cannot use the account: it is no file of kind external_account");
    const account = parsed.value;
    const exchanged = await exchange(account, await subjectToken(account, options), options);
    const { service_account_impersonation_url: url } = account;
    held = url === null ? exchanged : await impersonate(url, exchanged.token, options);
    return held.token;
  };
}

async function subjectToken(account: Account, options: FederationOptions): Promise<string> {
  const { credential_source: source, audience } = account;
  if (source.environment_id === "aws1") return await callerIdentity(source, audience, options);
  if (source.file === "") throw new Error("Cannot use the account: its source is neither AWS nor a file");
  const read = await options.readFile(source.file);
  if (source.format.type !== "json") return read.trim();
  const field: unknown = Object(JSON.parse(read))[source.format.subject_token_field_name];
  if (typeof field !== "string") throw new Error(`Cannot use "${source.file}": it holds no token`);
  return field;
}

async function callerIdentity(
  source: Account["credential_source"],
  audience: string,
  { credentials, region, now }: FederationOptions,
): Promise<string> {
  if (region === null) throw new Error("Cannot show who this is on AWS: AWS_REGION is not set");
  const url = new URL(source.regional_cred_verification_url.replace("{region}", region));
  const request = {
    method: "POST",
    url,
    headers: { "x-goog-cloud-target-resource": audience },
    body: new Uint8Array(),
  };
  const own = await credentials();
  const headers = signed(request, { credentials: own, region, nowMs: now(), service: "sts" });
  const shown = Object.entries({ ...headers, host: url.host }).map(([key, value]) => ({ key, value }));
  return encodeURIComponent(JSON.stringify({ url: url.href, method: "POST", headers: shown }));
}

const readExchanged = record({ access_token: text(65_536), expires_in: (value: unknown) => Number(value) });

async function exchange(account: Account, subject: string, { scope, now, timeoutMs = 10_000 }: FederationOptions) {
  const body = new URLSearchParams({
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
    audience: account.audience,
    scope,
    subject_token_type: account.subject_token_type,
    subject_token: subject,
  });
  const response = await fetch(account.token_url, { method: "POST", body, signal: AbortSignal.timeout(timeoutMs) });
  const parsed = parse(readExchanged, await response.text());
  if (!response.ok || !parsed.ok) throw refused("exchange the token", response);
  return { token: parsed.value.access_token, untilMs: now() + parsed.value.expires_in * 1000 };
}

const readImpersonated = record({ accessToken: text(65_536), expireTime: text() });

async function impersonate(url: string, token: string, { scope, timeoutMs = 10_000 }: FederationOptions) {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ scope: [scope] }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const parsed = parse(readImpersonated, await response.text());
  if (!response.ok || !parsed.ok) throw refused("be the service account", response);
  return { token: parsed.value.accessToken, untilMs: Date.parse(parsed.value.expireTime) };
}

function refused(what: string, { status }: Response): Error {
  return new Error(`Cannot ${what} at Google: the server answers HTTP ${status}`);
}
