/** HTTPRoute rules → declarations (Gateway API v1): host names meet those of the listeners, each match is a route. */
import type { Route, ServiceKey, ValueMatch } from "../model.ts";
import type { ObjectMeta } from "../objects.ts";
import type { Declaration } from "./declaration.ts";

export interface HttpRouteMatch {
  readonly path: { readonly type: "Exact" | "PathPrefix"; readonly value: string } | null;
  readonly method: string | null;
  readonly headers: readonly ValueMatch[];
  readonly query: readonly ValueMatch[];
}

export interface HttpRouteObject {
  readonly meta: ObjectMeta;
  readonly hostnames: readonly string[];
  /** Host names of the listeners it is attached to; an empty one stands for a listener without a host name. */
  readonly listenerHostnames: readonly string[];
  readonly rules: readonly {
    readonly matches: readonly HttpRouteMatch[];
    readonly backends: readonly { readonly service: ServiceKey; readonly weight: number }[];
  }[];
}

const ANY: HttpRouteMatch = { path: null, method: null, headers: [], query: [] };

/** All matches of all rules for all host names that the listeners let through. */
export function declareHttpRoute(object: HttpRouteObject, cluster: string | null): readonly Declaration[] {
  const { namespace, name } = object.meta;
  const declarations: Declaration[] = [];
  for (const host of effectiveHosts(object)) {
    for (const rule of object.rules) {
      for (const match of rule.matches.length === 0 ? [ANY] : rule.matches) {
        declarations.push({
          kind: "httproute",
          host,
          meta: object.meta,
          source: { cluster, kind: "HTTPRoute", namespace, name },
          cluster,
          path: pathOf(match),
          pathType: match.path?.type ?? "PathPrefix",
          method: match.method,
          headers: match.headers.map((header) => ({ name: header.name.toLowerCase(), value: header.value })),
          query: match.query,
          backends: rule.backends,
        });
      }
    }
  }
  return declarations;
}

function pathOf(match: HttpRouteMatch): Route["path"] {
  if (match.path === null) return { type: "Prefix", value: "/" };
  return { type: match.path.type === "Exact" ? "Exact" : "Prefix", value: match.path.value };
}

function effectiveHosts(object: HttpRouteObject): ReadonlySet<string> {
  const hosts = new Set<string>();
  const wanted = object.hostnames.length === 0 ? [""] : object.hostnames;
  for (const listener of object.listenerHostnames) {
    for (const hostname of wanted) {
      const host = intersect(listener.toLowerCase(), hostname.toLowerCase());
      if (host !== null) hosts.add(host === "" ? "*" : host);
    }
  }
  return hosts;
}

/** The more specific of two host names that overlap, null when they do not; empty stands for every host. */
function intersect(a: string, b: string): string | null {
  if (a === "" || a === b) return b;
  if (b === "") return a;
  if (covers(a, b)) return b;
  return covers(b, a) ? a : null;
}

/** A wildcard covers names with one or more labels in its place, and narrower wildcards. */
function covers(wildcard: string, host: string): boolean {
  if (!wildcard.startsWith("*.")) return false;
  const name = host.startsWith("*.") ? host.slice(2) : host;
  return name.endsWith(wildcard.slice(1));
}
