/** Service ports → backends of all clusters, worked out once for every host that uses them and kept until they change. */
import { compareText } from "../match-route.ts";
import type { Backend, HealthCheck, ServiceBackends, ServiceKey } from "../model.ts";
import type { ServiceObject } from "../objects.ts";
import type { AdoptedService } from "./adopted.ts";
import { adoptedBackend, type BackendResult, heldBackend } from "./backend.ts";
import { asksForHealthCheck, readHealthCheck } from "./health-check.ts";
import type { Member } from "./member.ts";
import { type ServiceSlot, type ServiceSlots, servicePort } from "./service-slots.ts";

export interface Collected {
  readonly service: ServiceBackends;
  /** Of the clusters that hold it, in their order. */
  readonly results: readonly BackendResult[];
  /** Whether the Service itself says something about its health check: then a TrafficPolicy has no say. */
  readonly asks: boolean;
  /** False once something about it has changed: then there is a newer one. */
  isCurrent: boolean;
}

/** What is known of adopted Ingresses, by stand-in service: one entry for each member that adopts it. */
export type Adopted = ReadonlyMap<ServiceKey, ReadonlyMap<Member, AdoptedService>>;

/** All service ports in use. */
export interface ServicePorts {
  /** The same object until something about it changes. */
  get(key: ServiceKey): Collected;
  /** Nobody uses it any more. */
  drop(key: ServiceKey): void;
  /** Works out again what changed; returns the keys of those. */
  renew(slots: ReadonlySet<ServiceSlot>, adopted: ReadonlySet<ServiceKey>): readonly ServiceKey[];
}

/** None in use yet. */
export function servicePorts(slots: ServiceSlots, adopted: Adopted, allowPrivateOrigins: boolean): ServicePorts {
  const known = new Map<ServiceKey, Collected>();
  const collect = (key: ServiceKey): Collected =>
    isAdopted(key)
      ? collectAdopted(key, adopted, allowPrivateOrigins)
      : collectHeld(key, slots.use(key), allowPrivateOrigins);
  return {
    get(key) {
      let found = known.get(key);
      if (found === undefined) known.set(key, (found = collect(key)));
      return found;
    },
    drop(key) {
      known.delete(key);
      if (!isAdopted(key)) slots.leave(key);
    },
    renew(changed, adopting) {
      const keys = [...changed].flatMap((slot) => [...slot.keys]).concat(...adopting);
      const renewed = keys.filter((key) => known.has(key));
      for (const key of renewed) {
        const before = known.get(key);
        if (before !== undefined) before.isCurrent = false;
        known.set(key, collect(key));
      }
      return renewed;
    },
  };
}

/** A stand-in service has four parts, the last of which is a host. */
function isAdopted(key: ServiceKey): boolean {
  return key.split("/", 4).length === 4;
}

function collectHeld(key: ServiceKey, { held }: ServiceSlot, allowPrivateOrigins: boolean): Collected {
  const [, , port] = servicePort(key);
  const results: BackendResult[] = [];
  const backends: Backend[] = [];
  const services: ServiceObject[] = [];
  for (const one of held) {
    const result = heldBackend(one, port, allowPrivateOrigins);
    if (result === null) continue;
    results.push(result);
    if (result.backend !== null) backends.push(result.backend);
    if (one.service !== null) services.push(one.service);
  }
  const service = { service: key, backends, healthCheck: healthCheckOf(services) };
  return { service, results, asks: services.some(({ meta }) => asksForHealthCheck(meta.annotations)), isCurrent: true };
}

function collectAdopted(key: ServiceKey, adopted: Adopted, allowPrivateOrigins: boolean): Collected {
  const members = [...(adopted.get(key) ?? [])].sort(([a], [b]) => compareText(a.name, b.name));
  const results = members.map(([member, one]) => adoptedBackend(member, one, allowPrivateOrigins));
  const backends = results.flatMap(({ backend }) => backend ?? []);
  return { service: { service: key, backends, healthCheck: null }, results, asks: false, isCurrent: true };
}

/** A service as a host has it whose TrafficPolicy sets a health check. */
export function withHealthCheck({ service, asks }: Collected, check: HealthCheck | null): ServiceBackends {
  return asks || check === null ? service : { ...service, healthCheck: check };
}

/** What is wrong with a cluster that is not among the results of a service. */
export function noService(key: ServiceKey): string {
  return `it has no Service ${key.slice(0, key.lastIndexOf("/"))}`;
}

/** One Service, one health check: that of the first cluster (by name) whose Service asks for one. */
function healthCheckOf(services: readonly ServiceObject[]): HealthCheck | null {
  for (const { meta } of services) {
    if (Object.keys(meta.annotations).length === 0) continue;
    const { check } = readHealthCheck(meta.annotations);
    if (check !== null) return check;
  }
  return null;
}
