/** Access tokens of OAuth 2, kept until shortly before they end. */

/** Gives a token that is valid for a minute at least. Rejects when there is none to be had; never shows a key. */
export type TokenSource = () => Promise<string>;

/** A token is replaced so long before it ends, since a request that carries it takes its time too. */
const EARLY_MS = 60_000;

/** `ask` sends one request to the token server of `vendor`; `now` is the wall clock in ms. */
export function cachedToken(vendor: string, now: () => number, ask: () => Promise<Response>): TokenSource {
  let held: { readonly token: string; readonly untilMs: number } | null = null;
  return async () => {
    if (held !== null && now() < held.untilMs - EARLY_MS) return held.token;
    const response = await ask();
    const body: unknown = await response.json().catch(() => null);
    const isObject = typeof body === "object" && body !== null;
    const token = isObject && "access_token" in body ? body.access_token : null;
    // Some servers write the number as text.
    const seconds = isObject && "expires_in" in body ? Number(body.expires_in) : Number.NaN;
    if (response.status !== 200 || typeof token !== "string" || !(seconds > 0)) {
      throw new Error(`Cannot get an access token of ${vendor}: the server answers HTTP ${response.status}`);
    }
    held = { token, untilMs: now() + seconds * 1000 };
    return token;
  };
}
