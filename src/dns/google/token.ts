/** Access tokens for Google's APIs: signed by a service account's own key, or given by the metadata server. */
import { importPKCS8, SignJWT } from "jose";
import { cachedToken, type TokenSource } from "../token.ts";

export interface ServiceAccount {
  readonly email: string;
  /** PKCS #8 in PEM, as in the account's JSON file. */
  readonly privateKey: string;
}

export interface TokenOptions {
  readonly scope?: string;
  readonly tokenUrl?: string;
  readonly timeoutMs?: number;
  /** Wall clock in ms. */
  readonly now?: () => number;
}

const SCOPE = "https://www.googleapis.com/auth/ndev.clouddns.readwrite";

/** RFC 7523: a JWT that the account signs is exchanged for an access token. */
export function serviceAccountToken(account: ServiceAccount, options: TokenOptions = {}): TokenSource {
  const {
    scope = SCOPE,
    tokenUrl = "https://oauth2.googleapis.com/token",
    timeoutMs = 10_000,
    now = Date.now,
  } = options;
  return cachedToken("Google", now, async () => {
    const key = await importPKCS8(account.privateKey, "RS256").catch(() => {
      throw new TypeError(`Cannot use the key of "${account.email}": it is not a private key in PKCS #8 form`);
    });
    const seconds = Math.floor(now() / 1000);
    const assertion = await new SignJWT({ scope })
      .setProtectedHeader({ alg: "RS256", typ: "JWT" })
      .setIssuer(account.email)
      .setAudience(tokenUrl)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + 3600)
      .sign(key);
    const body = new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion });
    return await fetch(tokenUrl, { method: "POST", body, signal: AbortSignal.timeout(timeoutMs) });
  });
}

/** On Google's own machines (workload identity on GKE, Cloud Run): no key at all. */
export function metadataToken(
  options: Pick<TokenOptions, "timeoutMs" | "now"> & { readonly url?: string } = {},
): TokenSource {
  const { timeoutMs = 5000, now = Date.now } = options;
  const { url = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token" } =
    options;
  const headers = { "metadata-flavor": "Google" };
  return cachedToken("Google", now, async () => await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) }));
}
