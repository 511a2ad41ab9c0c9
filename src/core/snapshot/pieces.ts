/**
 * What is too long to be parsed at once is published in pieces under one key, one after the other: 1 MB of JSON takes an
 * edge ten milliseconds, in which it serves nobody. A piece is a slice of its own with some of the entries.
 */
import type { Backend, HostRoutes, ServiceBackends } from "../model.ts";
import type { BaseSlice } from "./shapes.ts";
import { canonicalJson } from "./canonical.ts";

/** Longer slices are cut. Half of what takes 5 ms to parse and check on a slow core. */
export const PIECE_CHARACTERS = 262_144;

/** One host in pieces whose texts have about so many characters. */
export function cutHost(host: HostRoutes, max: number = PIECE_CHARACTERS): readonly HostRoutes[] {
  const { services, ...rest } = host;
  const small = services.flatMap((service) => cutService(service, max / 4));
  return cutLists({ ...rest, services: small }, ["routes", "services", "sources"], max);
}

/** The base slice likewise. */
export function cutBase(base: BaseSlice, max: number = PIECE_CHARACTERS): readonly BaseSlice[] {
  return cutLists(base, ["clusters", "reservations", "locationOverrides"], max);
}

/** The way back. */
export function joinHost([first, ...others]: readonly [HostRoutes, ...HostRoutes[]]): HostRoutes {
  if (others.length === 0) return first;
  const all = [first, ...others];
  return {
    ...first,
    routes: all.flatMap(({ routes }) => routes),
    services: joinServices(all.flatMap(({ services }) => services)),
    sources: all.flatMap(({ sources }) => sources),
  };
}

/** The way back. */
export function joinBase([first, ...others]: readonly [BaseSlice, ...BaseSlice[]]): BaseSlice {
  if (others.length === 0) return first;
  const all = [first, ...others];
  return {
    clusters: all.flatMap(({ clusters }) => clusters),
    reservations: all.flatMap(({ reservations }) => reservations),
    locationOverrides: all.flatMap(({ locationOverrides }) => locationOverrides),
  };
}

/** Every piece has all that is no list; what is a list begins where the piece before ended. */
function cutLists<T extends object>(whole: T, lists: readonly (keyof T)[], max: number): readonly T[] {
  const empty = Object.fromEntries(lists.map((name) => [name, []]));
  const pieces: T[] = [];
  let piece: Record<string, unknown[]> = {};
  const headSize = canonicalJson({ ...whole, ...empty }).length;
  const room = Math.max(max, headSize + max / 2);
  let size = headSize;
  const close = () => {
    pieces.push({ ...whole, ...empty, ...piece });
    piece = {};
    size = headSize;
  };
  for (const name of lists) {
    const entries = whole[name];
    for (const entry of Array.isArray(entries) ? (entries as readonly unknown[]) : []) {
      const own = canonicalJson(entry).length + 1;
      if (size + own > room && size > headSize) close();
      (piece[String(name)] ??= []).push(entry);
      size += own;
    }
  }
  close();
  return pieces;
}

/** A Service of very many backends in entries of the same name, and a backend of very many origins likewise. */
function cutService(service: ServiceBackends, max: number): readonly ServiceBackends[] {
  if (canonicalJson(service).length <= max) return [service];
  const backends = service.backends.flatMap((backend) => cutBackend(backend, max / 2));
  return cutLists({ ...service, backends }, ["backends"], max);
}

function cutBackend(backend: Backend, max: number): readonly Backend[] {
  return backend.origins === null || canonicalJson(backend).length <= max
    ? [backend]
    : cutLists(backend, ["origins"], max);
}

function joinServices(services: readonly ServiceBackends[]): readonly ServiceBackends[] {
  return joined(
    services,
    (a, b) => a.service === b.service,
    (a, b) => ({ ...a, backends: joinBackends([...a.backends, ...b.backends]) }),
  );
}

function joinBackends(backends: readonly Backend[]): readonly Backend[] {
  return joined(
    backends,
    (a, b) => a.cluster === b.cluster,
    (a, b) => ({ ...a, origins: a.origins === null ? b.origins : [...a.origins, ...(b.origins ?? [])] }),
  );
}

/** Neighbours that are the same thing become one. */
function joined<T>(list: readonly T[], isSame: (a: T, b: T) => boolean, join: (a: T, b: T) => T): readonly T[] {
  const result: T[] = [];
  for (const entry of list) {
    const last = result.at(-1);
    if (last !== undefined && isSame(last, entry)) result[result.length - 1] = join(last, entry);
    else result.push(entry);
  }
  return result;
}
