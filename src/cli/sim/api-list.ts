import type { ApiResource } from "./api-resources.ts";
import { type ApiReply, failure } from "./api-status.ts";
import type { ObjectStore } from "./object-store.ts";

/**
 * A page of a list. All pages carry the resourceVersion of the first, so that a watch from it tells what changed while
 * the pages were read; a continue token whose version has left the log has expired.
 */
export function listPage(
  store: ObjectStore,
  resource: ApiResource,
  namespace: string | null,
  query: URLSearchParams,
): ApiReply {
  const token = tokenFrom(query.get("continue"));
  if (token === "invalid") return failure("BadRequest", "continue key is not valid");
  if (token !== null && token.version < store.oldestVersion) {
    return failure("Expired", "The provided continue parameter is too old to display a consistent list result");
  }
  const limit = Number(query.get("limit") ?? 0);
  const version = token?.version ?? store.version;
  const all = store.list(resource, namespace);
  const rest = token === null ? all : all.filter(({ metadata }) => keyOf(metadata) > token.after);
  const page = limit > 0 ? rest.slice(0, limit) : rest;
  const left = rest.length - page.length;
  const last = page.at(-1);
  const next = left > 0 && last ? { continue: tokenText(version, keyOf(last.metadata)), remainingItemCount: left } : {};
  const items = page.map(({ apiVersion: _version, kind: _kind, ...item }) => item);
  const metadata = { resourceVersion: String(version), ...next };
  return { code: 200, body: { kind: `${resource.kind}List`, apiVersion: resource.apiVersion, metadata, items } };
}

function keyOf({ namespace = "", name }: { readonly namespace?: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

interface ContinueToken {
  readonly version: number;
  readonly after: string;
}

function tokenText(version: number, after: string): string {
  return Buffer.from(JSON.stringify([version, after])).toString("base64url");
}

function tokenFrom(text: string | null): ContinueToken | null | "invalid" {
  if (text === null || text === "") return null;
  try {
    const [version, after] = JSON.parse(Buffer.from(text, "base64url").toString()) as [unknown, unknown];
    return typeof version === "number" && typeof after === "string" ? { version, after } : "invalid";
  } catch {
    return "invalid";
  }
}
