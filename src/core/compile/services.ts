/** Service ports → backends of all clusters, worked out once for every host that uses them and kept until they change. */
import { compareText } from "../match-route.ts";
import type { Backend, HealthCheck, ServiceBackends, ServiceKey } from "../model.ts";
import type { ServiceObject } from "../objects.ts";
import type { AdoptedService } from "./adopted.ts";
import { adoptedBackend, type BackendResult, heldBackend, type Trouble } from "./backend.ts";
import { asksForHealthCheck, readHealthCheck } from "./health-check.ts";
import type { Member } from "./member.ts";
import { type ServiceSlot, type ServiceSlots, servicePort, slicesAt } from "./service-slots.ts";

export interface Collected {
  readonly service: ServiceBackends;
  /** Clusters whose ready counts are known, in their order, and what they are. */
  readonly counted: readonly string[];
  readonly counts: readonly string[];
  /** Of the clusters that hold it, in their order: those that cannot serve it, or not at each of its addresses. */
  readonly troubles: readonly Trouble[];
  /** Whether the Service itself says something about its health check: then a TrafficPolicy has no say. */
  readonly asks: boolean;
  /** False once something about it has changed: then there is a newer one. */
  isCurrent: boolean;
}

/** What is known of adopted Ingresses, by stand-in service: one entry for each member that adopts it. */
export type Adopted = ReadonlyMap<ServiceKey, ReadonlyMap<Member, AdoptedService>>;

/** All service ports in use. */
export interface ServicePorts {
  /**
   * Begins those that nobody has asked for yet. Then come `take` for each member in their order and `renew`. Objects of a
   * member lie together in memory: service by service, a million of them would take twice as long.
   */
  ask(keys: Iterable<ServiceKey>): void;
  /** Works out what was asked for in one member, whose objects are in the slots. */
  take(member: Member): void;
  /** Works out again what changed and ends what was asked for; returns the keys of what changed. */
  renew(slots: readonly ServiceSlot[], adopted: ReadonlySet<ServiceKey>): readonly ServiceKey[];
  /** The same object until something about it changes. */
  get(key: ServiceKey): Collected;
  /** Nobody uses it any more. */
  drop(key: ServiceKey): void;
}

/** None in use yet. */
export function servicePorts(slots: ServiceSlots, adopted: Adopted, allowPrivateOrigins: boolean): ServicePorts {
  const known = new Map<ServiceKey, Collected>();
  let asked: readonly Collecting[] = [];
  const collect = (key: ServiceKey): Collected => {
    if (isAdopted(key)) return collectAdopted(key, adopted, allowPrivateOrigins);
    const collecting = begin(key, slots.use(key));
    for (const _member of collecting.slot.members) addNext(collecting, allowPrivateOrigins);
    return end(collecting);
  };
  return {
    ask(keys) {
      const unknown = [...keys].filter((key) => !known.has(key) && !isAdopted(key));
      asked = unknown.map((key) => begin(key, slots.use(key)));
    },
    take(member) {
      for (const one of asked) {
        if (one.slot.members[one.at] === member) addNext(one, allowPrivateOrigins);
      }
    },
    renew(changed, adopting) {
      const keys = changed.flatMap((slot) => [...slot.keys]).concat(...adopting);
      for (const slot of changed) slot.isChanged = false;
      const renewed = keys.filter((key) => known.has(key));
      for (const key of renewed) {
        const before = known.get(key);
        if (before !== undefined) before.isCurrent = false;
        known.set(key, collect(key));
      }
      for (const one of asked) known.set(one.key, end(one));
      asked = [];
      return renewed;
    },
    get(key) {
      let found = known.get(key);
      if (found === undefined) known.set(key, (found = collect(key)));
      return found;
    },
    drop(key) {
      known.delete(key);
      if (!isAdopted(key)) slots.leave(key);
    },
  };
}

/** A stand-in service has four parts, the last of which is a host. */
function isAdopted(key: ServiceKey): boolean {
  return key.split("/", 4).length === 4;
}

/** A service port that is put together cluster by cluster. */
interface Collecting {
  readonly key: ServiceKey;
  readonly port: string;
  readonly slot: ServiceSlot;
  /** How many of the slot's clusters were added. */
  at: number;
  readonly backends: Backend[];
  readonly counted: string[];
  readonly counts: string[];
  readonly troubles: Trouble[];
  /** Those that say anything at all by annotation. */
  readonly annotated: ServiceObject[];
}

function begin(key: ServiceKey, slot: ServiceSlot): Collecting {
  const [, , port] = servicePort(key);
  return { key, port, slot, at: 0, backends: [], counted: [], counts: [], troubles: [], annotated: [] };
}

/** Adds what the next member has. */
function addNext(to: Collecting, allowPrivateOrigins: boolean): void {
  const { slot, at } = to;
  to.at += 1;
  const member = slot.members[at];
  const service = slot.services[at] ?? null;
  if (member === undefined || service === null) return;
  if (!isEmpty(service.meta.annotations)) to.annotated.push(service);
  add(to, heldBackend({ member, service, slices: slicesAt(slot, at) }, to.port, allowPrivateOrigins));
}

function add(to: Pick<Collecting, "backends" | "counted" | "counts" | "troubles">, result: BackendResult): void {
  const { cluster, backend, counts, trouble } = result;
  if (backend !== null) to.backends.push(backend);
  if (trouble !== null) to.troubles.push({ cluster, isServed: backend !== null, trouble });
  if (counts === null) return;
  to.counted.push(cluster);
  to.counts.push(counts);
}

function end({ key, backends, counted, counts, troubles, annotated }: Collecting): Collected {
  const service = { service: key, backends, healthCheck: healthCheckOf(annotated) };
  const asks = annotated.some(({ meta }) => asksForHealthCheck(meta.annotations));
  return { service, counted, counts, troubles, asks, isCurrent: true };
}

function collectAdopted(key: ServiceKey, adopted: Adopted, allowPrivateOrigins: boolean): Collected {
  const members = [...(adopted.get(key) ?? [])].sort(([a], [b]) => compareText(a.name, b.name));
  const backends: Backend[] = [];
  const to = { backends, counted: [], counts: [], troubles: [] };
  for (const [member, one] of members) add(to, adoptedBackend(member, one, allowPrivateOrigins));
  return { ...to, service: { service: key, backends, healthCheck: null }, asks: false, isCurrent: true };
}

function isEmpty(annotations: Readonly<Record<string, string>>): boolean {
  for (const _name in annotations) return false;
  return true;
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
    const { check } = readHealthCheck(meta.annotations);
    if (check !== null) return check;
  }
  return null;
}
