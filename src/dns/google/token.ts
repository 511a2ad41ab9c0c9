/** Access tokens for Google's APIs: signed by a service account's own key, or given by the metadata server. */
import { importPKCS8, SignJWT } from "jose";

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
/** A token is replaced so long before it ends, since a request that carries it takes its time too. */
const EARLY_MS = 60_000;

/** Gives a token that is valid for a minute at least. Rejects when there is none to be had; never shows a key. */
export type TokenSource = () => Promise<string>;

/** RFC 7523: a JWT that the account signs is exchanged for an access token. */
export function serviceAccountToken(account: ServiceAccount, options: TokenOptions = {}): TokenSource {
  const {
    scope = SCOPE,
    tokenUrl = "https://oauth2.googleapis.com/token",
    timeoutMs = 10_000,
    now = Date.now,
  } = options;
  return cached(now, async () => {
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
  return cached(now, async () => await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) }));
}

function cached(now: () => number, ask: () => Promise<Response>): TokenSource {
  let held: { readonly token: string; readonly untilMs: number } | null = null;
  return async () => {
    if (held !== null && now() < held.untilMs - EARLY_MS) return held.token;
    const response = await ask();
    const body: unknown = await response.json().catch(() => null);
    const isObject = typeof body === "object" && body !== null;
    const token = isObject && "access_token" in body ? body.access_token : null;
    const seconds = isObject && "expires_in" in body ? Number(body.expires_in) : Number.NaN;
    if (response.status !== 200 || typeof token !== "string" || !(seconds > 0)) {
      throw new Error(`Cannot get a Google access token: the server answers HTTP ${response.status}`);
    }
    held = { token, untilMs: now() + seconds * 1000 };
    return token;
  };
}
