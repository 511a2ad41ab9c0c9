/** JSON over HTTP for providers without an SDK here: one request, judged by what may be done after it. */
import type { Attempt, Bucket } from "./pace.ts";

export interface HttpAnswer {
  readonly status: number;
  /** null when there was none, or it was not JSON. */
  readonly body: unknown;
  readonly contentType: string;
}

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON; null for none. */
  readonly body: unknown;
  readonly timeoutMs: number;
}

/**
 * One request within a bucket. Throttled, broken and unanswered ones are worth another try; everything else is an
 * answer, good or bad. Never rejects.
 */
export async function requestOnce(request: HttpRequest, bucket: Bucket): Promise<Attempt<HttpAnswer>> {
  await bucket(1);
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: request.headers,
      body: request.body === null ? null : JSON.stringify(request.body),
      signal: AbortSignal.timeout(request.timeoutMs),
      redirect: "error",
    });
    const text = await response.text();
    const { status } = response;
    if (status === 429 || status >= 500) {
      const after = Number(response.headers.get("retry-after") ?? Number.NaN);
      const cause = `HTTP ${status} ${text.slice(0, 200)}`;
      return { done: false, cause, retryAfterMs: Number.isFinite(after) ? Math.min(after, 300) * 1000 : null };
    }
    return {
      done: true,
      value: { status, body: parseOrNull(text), contentType: response.headers.get("content-type") ?? "" },
    };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    return { done: false, cause, retryAfterMs: null };
  }
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
