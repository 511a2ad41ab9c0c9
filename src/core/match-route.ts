/**
 * Which route a request belongs to. Precedence:
 * 1. the most specific host that has rules: exact, then the longest wildcard, then rules without a host; a host that
 *    has rules takes the request whole, its unmatched paths never fall through to a less specific host
 * 2. Exact path, then the longest prefix, by element
 * 3. method, number of headers, number of query parameters, oldest object, namespace/name, order in the object:
 *    `compareRoutes`, applied when the snapshot is compiled
 * 4. default backends of the objects that declare the host
 */
import type { RequestFacts } from "./decision.ts";
import type { Route } from "./model.ts";
import type { HostTable, PathIndex, RoutingTable, TableRoute } from "./routing-table.ts";

export interface HostMatch {
  readonly table: HostTable;
  readonly paths: PathIndex;
}

/** The table of the most specific host; null when nobody has rules for it. */
export function matchHost(table: RoutingTable, host: string): HostMatch | null {
  const exact = table.exactHosts.get(host);
  if (exact !== undefined) return { table: exact, paths: exact };
  if (table.wildcardHosts.size > 0) {
    let dot = host.indexOf(".");
    for (let depth = 1; dot !== -1; depth += 1, dot = host.indexOf(".", dot + 1)) {
      const wildcard = table.wildcardHosts.get(host.slice(dot + 1));
      const paths = depth === 1 ? wildcard : wildcard?.deep;
      if (wildcard !== undefined && paths !== undefined && paths !== null) return { table: wildcard, paths };
    }
  }
  return table.anyHost === null ? null : { table: table.anyHost, paths: table.anyHost };
}

/** The first route in order of precedence that matches, or null. `path` and `query` are canonical. */
export function matchRoute(paths: PathIndex, path: string, query: string, request: RequestFacts): TableRoute | null {
  const exact = paths.exact === null ? null : firstOf(paths.exact.get(path), query, request);
  if (exact !== null) return exact;
  for (let one = paths.longest; one !== null; one = one.next) {
    if (isUnder(path, one.path) && (!one.hasConditions || conditionsHold(one.route, query, request))) return one;
  }
  if (paths.prefix !== null) {
    for (let end = path.length; ; end = path.lastIndexOf("/", end - 1)) {
      const route = firstOf(paths.prefix.get(path.slice(0, end)), query, request);
      if (route !== null) return route;
      if (end <= 0) break;
    }
  }
  return firstOf(paths.fallback, query, request);
}

/** Whether a path is a prefix or below it, by element; every path is below the root. */
function isUnder(path: string, prefix: string): boolean {
  const { length } = prefix;
  if (length === 0) return true;
  if (path.length !== length && path.charCodeAt(length) !== 47) return false;
  return path.startsWith(prefix);
}

function firstOf(bucket: readonly TableRoute[] | undefined, query: string, request: RequestFacts): TableRoute | null {
  if (bucket === undefined) return null;
  for (const one of bucket) if (!one.hasConditions || conditionsHold(one.route, query, request)) return one;
  return null;
}

function conditionsHold(route: Route, query: string, request: RequestFacts): boolean {
  if (route.method !== null && route.method !== request.method) return false;
  for (const wanted of route.headers) if (headerValue(request, wanted.name) !== wanted.value) return false;
  for (const wanted of route.query) if (queryValue(query, wanted.name) !== wanted.value) return false;
  return true;
}

/** Repeated fields are one list (RFC 9110 §5.3); null when the field is absent. */
function headerValue(request: RequestFacts, name: string): string | null {
  let value: string | null = null;
  for (const [field, text] of request.headers) {
    if (field === name) value = value === null ? text : `${value}, ${text}`;
  }
  return value;
}

/** First value of a parameter, as Gateway API asks; names and values compare exactly, after form decoding. */
function queryValue(query: string, name: string): string | null {
  for (const pair of query.slice(1).split("&")) {
    const equals = pair.indexOf("=");
    const key = equals === -1 ? pair : pair.slice(0, equals);
    if (formDecode(key) === name) return equals === -1 ? "" : formDecode(pair.slice(equals + 1));
  }
  return null;
}

function formDecode(text: string): string {
  const spaced = text.replaceAll("+", " ");
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

/** Order of routes inside one path; negative when `a` comes first. Stable sorting keeps the order in the object. */
export function compareRoutes(a: Route, b: Route): number {
  return (
    Number(b.method !== null) - Number(a.method !== null) ||
    b.headers.length - a.headers.length ||
    b.query.length - a.query.length ||
    a.createdMs - b.createdMs ||
    compareText(a.namespace, b.namespace) ||
    compareText(a.name, b.name)
  );
}

/** By code unit, the same on every machine and locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
