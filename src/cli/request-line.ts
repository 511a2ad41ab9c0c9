/** Requests as people write them: a URL with arguments, or a JSON line. The target is kept exactly as written. */
import type { RequestFacts } from "../core/decision.ts";
import { Failure } from "./failure.ts";

/** From `http://host[:port]/path?query`; the path is not normalised here, that is the decision's job. */
export function urlRequest(url: string, method: string, headers: readonly string[]): RequestFacts {
  const scheme = url.indexOf("://");
  const rest = scheme === -1 ? url : url.slice(scheme + 3);
  const end = rest.search(/[/?]/);
  const host = end === -1 ? rest : rest.slice(0, end);
  const tail = end === -1 ? "/" : rest.slice(end);
  if (host === "")
    throw new Failure(
      `Cannot read the URL "${url}": it names no host`,
      "portolan explain --from DIR http://shop.example.org/",
    );
  return {
    method: method.toUpperCase(),
    host,
    target: tail.startsWith("?") ? `/${tail}` : tail,
    headers: headers.map(headerField),
  };
}

function headerField(text: string): readonly [string, string] {
  const colon = text.indexOf(":");
  if (colon > 0) return [text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()];
  throw new Failure(`Cannot read --header "${text}": it is not "Name: value"`, '--header "Accept-Language: de"');
}

export type BatchRequest =
  | { readonly ok: true; readonly request: RequestFacts; readonly client: string | null }
  | { readonly ok: false; readonly problem: string };

/** From one line of `{"method","host","path","headers","client"}`; all but `host` and `path` may be left out. */
export function batchRequest(line: string): BatchRequest {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { ok: false, problem: "the line is not JSON" };
  }
  if (typeof value !== "object" || value === null) return { ok: false, problem: "the line is not an object" };
  const { method = "GET", host, path, headers = {}, client = null } = value as Record<string, unknown>;
  if (typeof host !== "string") return { ok: false, problem: '"host" must be text' };
  if (typeof path !== "string") return { ok: false, problem: '"path" must be text' };
  if (typeof method !== "string") return { ok: false, problem: '"method" must be text' };
  if (client !== null && typeof client !== "string") return { ok: false, problem: '"client" must be text' };
  const fields = headerFields(headers);
  if (fields === null) return { ok: false, problem: '"headers" must be an object of texts or lists of texts' };
  return { ok: true, request: { method, host, target: path, headers: fields }, client };
}

function headerFields(headers: unknown): (readonly [string, string])[] | null {
  if (typeof headers !== "object" || headers === null) return null;
  const fields: (readonly [string, string])[] = [];
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof one !== "string") return null;
      fields.push([name.toLowerCase(), one]);
    }
  }
  return fields;
}
