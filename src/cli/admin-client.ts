import { Failure } from "./failure.ts";

/** Where `portolan up` serves its admin API unless told otherwise. */
export const DEFAULT_ADMIN = "http://127.0.0.1:7180";

const TIMEOUT_MS = 5000;

/** One call of the admin API; a refusal's own words become the failure. */
export async function callAdmin<T>(admin: string, path: string, method: "GET" | "POST", body?: unknown): Promise<T> {
  const base = adminUrl(admin);
  let response: Response;
  try {
    response = await fetch(new URL(path, base), {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    const late = error instanceof Error && error.name === "TimeoutError";
    throw new Failure(
      `Cannot reach the admin API at ${admin}: ${late ? "no answer in time" : "nothing answers there"}`,
      "portolan up, in another terminal; or --admin URL",
      {
        cause: error,
      },
    );
  }
  const answer = (await response.json().catch(() => ({}))) as { error?: string; next?: string };
  if (response.ok) return answer as T;
  throw new Failure(
    answer.error ?? `Cannot ${method} ${path}: the admin API answered ${response.status}`,
    answer.next ?? "portolan status",
  );
}

/** Lines of an endless answer, until the other side ends or `signal` aborts. */
export async function* streamAdmin(admin: string, path: string, signal: AbortSignal): AsyncGenerator<string> {
  let response: Response;
  try {
    response = await fetch(new URL(path, adminUrl(admin)), { signal });
  } catch (error) {
    if (signal.aborted) return;
    throw new Failure(`Cannot reach the admin API at ${admin}: nothing answers there`, "portolan up, or --admin URL", {
      cause: error,
    });
  }
  if (!response.ok || response.body === null) {
    throw new Failure(`Cannot GET ${path}: the admin API answered ${response.status}`, "portolan status");
  }
  const decoder = new TextDecoder();
  let pending = "";
  try {
    for await (const chunk of response.body) {
      pending += decoder.decode(chunk, { stream: true });
      const lines = pending.split("\n");
      pending = lines.pop() ?? "";
      yield* lines;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** `http://HOST:PORT`, or `HOST:PORT` as `--admin` of `portolan edge` takes it. */
function adminUrl(text: string): URL {
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (url !== null && (url.protocol === "http:" || url.protocol === "https:")) return url;
  throw new Failure(`Cannot call the admin API at "${text}": it is not an http URL`, `--admin ${DEFAULT_ADMIN}`);
}
