/** A line of a log as a request: an edge's access log, or what `portolan explain --requests` takes. */
import type { RequestFacts } from "../core/decision.ts";
import { batchRequest } from "./request-line.ts";

export interface LoggedRequest {
  readonly request: RequestFacts;
  /** Address, or country code. */
  readonly client: string | null;
  /** What the edge knew then; good where nobody can locate the address now. */
  readonly country: string | null;
}

/** Null for a line that is no request, or one that the edge could not make sense of itself. */
export function logRequest(line: string): LoggedRequest | null {
  const parsed = batchRequest(line);
  if (!parsed.ok) return null;
  const { country } = JSON.parse(line) as { country?: unknown };
  const known = typeof country === "string" && /^[A-Za-z]{2}$/.test(country) ? country : null;
  return { request: parsed.request, client: clientOf(parsed.client), country: known };
}

/** Access logs hold the client's network (`192.0.2.0/24`), of which any address is as good as another. */
function clientOf(text: string | null): string | null {
  const slash = text?.indexOf("/") ?? -1;
  return text === null || slash === -1 ? text : text.slice(0, slash);
}
