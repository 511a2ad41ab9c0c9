/** Short-lived tokens of our own service account (TokenRequest). */
import { SERVICE_ACCOUNT_PATH } from "../../core/join/objects.ts";
import type { ApiClient } from "../api-client.ts";
import type { ApiFailure } from "../http.ts";
import { isRecord } from "../plain.ts";
import { textAt } from "./facts.ts";

export interface Token {
  readonly ok: true;
  readonly token: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** Asks for one that lives so long; the server may give a shorter or a longer one. */
export async function requestToken(client: ApiClient, seconds: number): Promise<Token | ApiFailure> {
  const answer = await client.create(`${SERVICE_ACCOUNT_PATH}/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: seconds },
  });
  if (!answer.ok) return answer;
  const token = textAt(answer.object, "status", "token");
  const times = token === null ? null : tokenTimes(token);
  if (token === null || times === null) {
    const cause = "the API answered no token with a time of expiry";
    return { ok: false, status: null, cause, reason: null, message: null, retryAfterMs: null };
  }
  return { ok: true, token, ...times };
}

/** When a JWT was issued and when it expires, by its own claims; null for anything else. Nothing is verified. */
export function tokenTimes(token: string): { readonly issuedAtMs: number; readonly expiresAtMs: number } | null {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    const { iat, exp } = isRecord(claims) ? claims : {};
    if (typeof iat !== "number" || typeof exp !== "number" || exp <= iat) return null;
    return { issuedAtMs: iat * 1000, expiresAtMs: exp * 1000 };
  } catch {
    return null;
  }
}

/** Half of its life: late enough to be worth it, early enough for as long again of trouble. */
export function renewalDueMs({
  issuedAtMs,
  expiresAtMs,
}: {
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}): number {
  return issuedAtMs + (expiresAtMs - issuedAtMs) / 2;
}
