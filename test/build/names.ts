/** A world of names for tests of the name server, questions on the wire, and answers read back. */
import { writeFileSync } from "node:fs";
import { byteReader } from "../../src/core/dns/wire/bytes.ts";
import { plainSet, type RecordSet } from "../../src/core/dns/records.ts";
import { readRdata, typeName, typeNumber } from "../../src/core/dns/wire/rdata.ts";
import { KNOWN_COUNTRIES } from "../../src/core/geo/countries.ts";
import type { HealthView } from "../../src/core/health/view.ts";
import type { Cluster, GeoPoint, HostRoutes, LocationOverride, Origin, Snapshot } from "../../src/core/model.ts";
import type { SteeringPolicy } from "../../src/core/steering/policy.ts";
import { maxmindLocator } from "../../src/locate/maxmind.ts";
import type { Locator } from "../../src/locate/locator.ts";
import { writeMmdb } from "../../src/locate/mmdb-writer.ts";
import { rateLimiter } from "../../src/nameserver/rate-limit.ts";
import { type Responder, responder } from "../../src/nameserver/respond.ts";
import { type NameWorld, nameWorld } from "../../src/nameserver/world.ts";
import { healthOf, hostRoutes, modelCluster, originOf, SERVICE } from "./steering.ts";

export const ZONE = "example.org";
const US: GeoPoint = { latitude: 33.2, longitude: -80 };
const EU: GeoPoint = { latitude: 50.4, longitude: 3.8 };
/** Near the other one in Europe: clients of Europe are shared between the two. */
const EU2: GeoPoint = { latitude: 50.5, longitude: 3.9 };

export function clusterAt(name: string, location: GeoPoint | null, more: Partial<Cluster> = {}): Cluster {
  return modelCluster(name, { location, gateway: null, ...more });
}

export const CLUSTERS: Readonly<Record<"us" | "eu" | "eu2", Cluster>> = {
  us: clusterAt("us", US),
  eu: clusterAt("eu", EU),
  eu2: clusterAt("eu2", EU2),
};

/** Addresses, or one host name, of each cluster. */
export type Addresses = Readonly<Record<string, readonly string[]>>;

export const ADDRESSES: Addresses = { us: ["192.0.2.20", "2001:db8::20"], eu: ["192.0.2.10"] };

function originsAt(list: readonly string[]): readonly Origin[] {
  return list.map((connectHost) => ({ ...originOf("x"), connectHost }));
}

export interface WorldOptions {
  readonly addresses?: Addresses;
  readonly clusters?: readonly Cluster[];
  readonly hosts?: readonly string[];
  readonly policy?: Partial<SteeringPolicy>;
  readonly sets?: readonly RecordSet[];
  readonly health?: HealthView;
  readonly overrides?: readonly LocationOverride[];
}

/** Hosts of `example.org` in the clusters that have addresses. */
export function snapshotOfNames(options: WorldOptions = {}): Snapshot {
  const { addresses = ADDRESSES, hosts = ["shop.example.org"], policy = {}, overrides = [] } = options;
  const clusters = options.clusters ?? Object.values(CLUSTERS).filter(({ name }) => addresses[name] !== undefined);
  const backends = clusters.map(({ name }) => ({ cluster: name, origins: originsAt(addresses[name] ?? []) }));
  const routes = hosts.map(
    (host): HostRoutes => ({
      ...hostRoutes(clusters, policy),
      host,
      services: [{ service: SERVICE, backends, healthCheck: null }],
    }),
  );
  return { clusters, hosts: routes, reservations: [], locationOverrides: overrides };
}

export function worldOfNames(options: WorldOptions = {}): NameWorld {
  return nameWorld({
    snapshot: snapshotOfNames(options),
    health: options.health ?? healthOf(),
    zones: [ZONE],
    nameServers: [
      { name: "ns1.example.org", addresses: ["192.0.2.53", "2001:db8::53"] },
      { name: "ns2.example.net", addresses: ["192.0.2.54"] },
    ],
    serial: 7,
    ttl: 30,
    sets: new Map([[ZONE, options.sets ?? []]]),
  });
}

export const fixed: typeof plainSet = plainSet;

/** A database of these networks. */
export async function placesOf(path: string, networks: Readonly<Record<string, GeoPoint>>): Promise<Locator> {
  const entries = Object.entries(networks).map(([cidr, point]) => ({ cidr, value: { location: { ...point } } }));
  writeFileSync(path, writeMmdb({ databaseType: "Test-City", ipVersion: 6, buildEpoch: 1, networks: entries }));
  return await maxmindLocator(path, { pollIntervalMs: 0 });
}

export function responderOf(world: () => NameWorld | null, locator: Locator | null = null, perSecond = 0): Responder {
  return responder({
    world,
    sources: { places: { zonePoint: null, countries: KNOWN_COUNTRIES }, locator },
    limiter: rateLimiter(perSecond, 7),
  });
}

export interface QuestionParts {
  readonly id?: number;
  readonly flags?: number;
  readonly class?: number;
  /** Payload size of EDNS; left out without EDNS. */
  readonly udpSize?: number;
  readonly version?: number;
  /** `198.51.100.0/24` in bytes: family, source, scope, address. */
  readonly subnet?: readonly number[];
}

/** A query as a resolver writes it. */
export function question(name: string, type: string | number, parts: QuestionParts = {}): Buffer {
  const { id = 4711, flags = 0, class: dnsClass = 1, version = 0, subnet } = parts;
  const udpSize = parts.udpSize ?? (subnet === undefined ? undefined : 1232);
  const labels = name === "" ? [] : name.split(".");
  const wire = [...labels.flatMap((label) => [label.length, ...Buffer.from(label)]), 0];
  const number = typeof type === "number" ? type : type === "ANY" ? 255 : typeNumber(type);
  const words = (...list: number[]) => list.flatMap((one) => [one >> 8, one & 255]);
  const options = subnet === undefined ? [] : [...words(8, subnet.length), ...subnet];
  const opt = udpSize === undefined ? [] : [0, ...words(41, udpSize), 0, version, 0, 0, ...words(options.length)];
  const header = words(id, flags, 1, 0, 0, udpSize === undefined ? 0 : 1);
  return Buffer.from([...header, ...wire, ...words(number, dnsClass), ...opt, ...options]);
}

/** An IPv4 client subnet option. */
export function subnet4(text: string): readonly number[] {
  const [address = "", bits = "24"] = text.split("/");
  const size = Math.ceil(Number(bits) / 8);
  return [0, 1, Number(bits), 0, ...address.split(".").map(Number).slice(0, size)];
}

export interface ReadAnswer {
  readonly id: number;
  readonly rcode: number;
  readonly aa: boolean;
  readonly tc: boolean;
  readonly ra: boolean;
  readonly flags: number;
  /** As text: `name ttl type value`. */
  readonly answers: readonly string[];
  readonly authority: readonly string[];
  readonly additional: readonly string[];
  readonly question: Uint8Array;
  /** Scope of the client subnet; null without the option. */
  readonly scope: number | null;
  readonly size: number;
}

/** Reads an answer to the last byte; throws for one that is no DNS message. */
export function readAnswer(message: Uint8Array): ReadAnswer {
  const bytes = Uint8Array.from(message);
  const reader = byteReader(bytes);
  const [id, flags, questions] = [reader.u16(), reader.u16(), reader.u16()];
  const [answers, authority, additional] = [reader.u16(), reader.u16(), reader.u16()];
  for (let index = 0; index < questions; index += 1) {
    reader.name();
    reader.u32();
  }
  const asked = bytes.subarray(12, reader.at());
  let scope: number | null = null;
  let extended = 0;
  const records = (count: number) =>
    Array.from({ length: count }, () => {
      const name = reader.name();
      const type = reader.u16();
      reader.u16();
      const ttl = reader.u32();
      const length = reader.u16();
      const at = reader.at();
      reader.skipTo(at + length);
      if (type === 41) {
        extended = ttl >>> 24;
        if (length > 0) scope = bytes[at + 7] ?? null;
        return null;
      }
      return `${name} ${ttl} ${typeName(type)} ${readRdata(bytes, at, length, typeName(type))}`;
    }).filter((one) => one !== null);
  const sections = [records(answers), records(authority), records(additional)] as const;
  if (!reader.isDone()) throw new RangeError(`${bytes.length - reader.at()} bytes behind the last record`);
  return {
    id,
    flags,
    rcode: (flags & 15) | (extended << 4),
    aa: (flags & 0x400) !== 0,
    tc: (flags & 0x200) !== 0,
    ra: (flags & 0x80) !== 0,
    answers: sections[0],
    authority: sections[1],
    additional: sections[2],
    question: asked,
    scope,
    size: bytes.length,
  };
}
