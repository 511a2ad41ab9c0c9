/**
 * The companion Ingress of a cluster whose gateway is asked by another Host than the users': its own controller must know
 * that name, and lead it where the public host leads.
 */
import type { IngressObject, IngressPath } from "../objects.ts";

export interface Companions {
  /** Plain `networking.k8s.io/v1` Ingresses to apply in the cluster. */
  readonly objects: readonly Readonly<Record<string, unknown>>[];
  /** Paths that two public hosts lead to different Services: one name cannot stand for both. */
  readonly clashes: readonly string[];
}

/** For all Ingresses that the cluster serves behind the one name that its gateway sees. */
export function companionIngresses(
  ingresses: readonly IngressObject[],
  seenHost: string,
  className: string | null,
): Companions {
  const taken = new Map<string, string>();
  const clashes: string[] = [];
  const objects = ingresses.flatMap((ingress) => {
    const { namespace, name } = ingress.meta;
    const own = ingress.rules.flatMap(({ host, paths }) => paths.map((path) => ({ host, path })));
    const fallback = ingress.defaultBackend;
    if (fallback !== null) own.push({ host: "", path: { path: "/", pathType: "Prefix", backend: fallback } });
    const kept: IngressPath[] = [];
    for (const { host, path } of own) {
      const key = `${path.pathType} ${path.path}`;
      const goal = `${namespace}/${path.backend.service}:${path.backend.port}`;
      const before = taken.get(key);
      if (before === undefined) kept.push(path);
      else if (before !== goal)
        clashes.push(`${host || "*"}${path.path} leads to ${goal}, another host's to ${before}`);
      if (before === undefined) taken.set(key, goal);
    }
    if (kept.length === 0) return [];
    return [
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: { name: `${name}-portolan`, namespace },
        spec: {
          ...(className === null ? {} : { ingressClassName: className }),
          rules: [{ host: seenHost, http: { paths: kept.map(pathOf) } }],
        },
      },
    ];
  });
  return { objects, clashes };
}

function pathOf({ path, pathType, backend: { service, port } }: IngressPath): object {
  const number = /^\d+$/.test(port) ? Number(port) : null;
  return {
    path: path === "" ? "/" : path,
    pathType,
    backend: { service: { name: service, port: number === null ? { name: port } : { number } } },
  };
}

/** The Host that a cluster's gateway sees, where it is not the users' own; null where it is. */
export function seenHostOf(gateway: {
  readonly host: string;
  readonly connectHost: string;
  readonly signed: boolean;
}): string | null {
  // A portolan gateway is told the public host in the signed hop.
  if (gateway.signed || gateway.host === "public") return null;
  return gateway.host === "origin" ? gateway.connectHost : gateway.host;
}
