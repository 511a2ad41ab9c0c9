import { describe, expect, it } from "vitest";
import { compile } from "../../../src/core/compile/compile.ts";
import { type DesiredDns, type DnsConfig, desiredDns } from "../../../src/core/dns/desired.ts";
import type { Zone } from "../../../src/core/dns/records.ts";
import type { KubeObjects, ServiceObject } from "../../../src/core/objects.ts";
import { cluster, observation, podSlice, service, serviceExport, slice } from "../../build/objects.ts";
import { EVERYTHING } from "./zone.ts";

const PRIVATE: Zone = { name: "clusterset.local", visibility: "private", id: "Z2" };
const PUBLIC: Zone = { ...PRIVATE, visibility: "public", id: "Z3" };
const SQL = { name: "sql", port: 5432, targetPort: "5432", protocol: "TCP", appProtocol: null };

function database(more: Partial<ServiceObject> = {}): ServiceObject {
  return service("db", { headless: true, ports: [SQL], ...more });
}

const EXPORTED: Partial<KubeObjects> = { services: [database()], serviceExports: [serviceExport("db")] };
const FRA = { ...EXPORTED, endpointSlices: [podSlice("db", { "db-0": "10.1.0.1", "db-1": "10.1.0.2" })] };
const VIE = { ...EXPORTED, endpointSlices: [podSlice("db", { "db-0": "10.2.0.1" })] };

function wanted(
  members: Readonly<Record<string, Partial<KubeObjects>>>,
  some: Partial<DnsConfig> & { weight?: number } = {},
): DesiredDns {
  const { weight = 100, ...more } = some;
  const clusters = Object.keys(members).map((name) => cluster(name, { weight: name === "fra" ? weight : 100 }));
  const config = observation(null, { clusters });
  const observed = Object.entries(members).map(([name, held]) => observation(name, held));
  const { snapshot } = compile({ config, clusters: observed, previous: null, allowPrivateOrigins: true, nowMs: 0 });
  const zones = [PRIVATE, PUBLIC].map((zone) => ({ zone, capabilities: EVERYTHING }));
  const settings = { zones, federation: null, originSuffix: null, edges: [], ttlSeconds: 30, ...more };
  const free = { extra: [], mayLead: () => "yes" as const };
  return desiredDns({ snapshot, health: null, config: settings, resolved: new Map(), observed, ...free, nowMs: 0 });
}

function lines(found: DesiredDns, zone = 0): readonly string[] {
  return (found.zones[zone]?.sets ?? []).map(({ set }) => `${set.name} ${set.type} ${set.values.join(" ")}`).sort();
}

const DB = "db.default.svc.clusterset.local";

describe("names of pods", () => {
  it("names every pod of an exported headless Service, in private zones only", () => {
    const found = wanted({ fra: FRA, vie: VIE });
    expect(lines(found)).toEqual([
      `_sql._tcp.${DB} SRV 0 100 5432 db-0.fra.${DB} 0 100 5432 db-0.vie.${DB} 0 100 5432 db-1.fra.${DB}`,
      `db-0.fra.${DB} A 10.1.0.1`,
      `db-0.vie.${DB} A 10.2.0.1`,
      `db-1.fra.${DB} A 10.1.0.2`,
      `${DB} A 10.1.0.1 10.1.0.2 10.2.0.1`,
    ]);
    expect(found.zones[1]).toMatchObject({ sets: [], keep: [] });
    expect(found.losses).toEqual([]);
  });

  it("leaves out pods that are not ready, and those of a drained cluster", () => {
    const half = {
      ...FRA,
      endpointSlices: [
        podSlice("db", { "db-0": "10.1.0.1", "db-1": "10.1.0.2" }, { ready: (name) => name === "db-1" }),
      ],
    };
    expect(lines(wanted({ fra: half, vie: VIE }))).toContain(`${DB} A 10.1.0.2 10.2.0.1`);
    expect(lines(wanted({ fra: half, vie: VIE })).join()).not.toContain("db-0.fra");
    expect(lines(wanted({ fra: FRA, vie: VIE }, { weight: 0 }))).toContain(`${DB} A 10.2.0.1`);
  });

  it("keeps every name when no pod at all is ready", () => {
    const down = {
      ...FRA,
      endpointSlices: [podSlice("db", { "db-0": "10.1.0.1", "db-1": "10.1.0.2" }, { ready: () => false })],
    };
    expect(wanted({ fra: down }).zones[0]).toMatchObject({
      sets: [],
      keep: [`_sql._tcp.${DB}`, `db-0.fra.${DB}`, `db-1.fra.${DB}`, DB],
    });
  });

  it("names nothing that is not exported, and nothing at all without a private zone of the clusterset", () => {
    expect(lines(wanted({ fra: { ...FRA, serviceExports: [] } }))).toEqual([]);
    const zones = [{ zone: PUBLIC, capabilities: EVERYTHING }];
    expect(wanted({ fra: FRA }, { zones })).toMatchObject({ zones: [{ sets: [] }], losses: [] });
  });

  it("leads an exported Service to the balancers of clusters that serve it", () => {
    const web = (ip: string, isReady: boolean): Partial<KubeObjects> => ({
      services: [
        service("web", {
          type: "LoadBalancer",
          ports: [{ ...SQL, name: "http", port: 80 }],
          loadBalancer: [{ ip, hostname: null }],
        }),
      ],
      serviceExports: [serviceExport("web")],
      endpointSlices: [slice("web", ["10.0.0.1"], { ready: isReady })],
    });
    const name = "web.default.svc.clusterset.local";
    expect(lines(wanted({ fra: web("192.0.2.1", true), vie: web("192.0.2.2", true) }))).toEqual([
      `_http._tcp.${name} SRV 0 100 80 ${name}`,
      `${name} A 192.0.2.1 192.0.2.2`,
    ]);
    expect(lines(wanted({ fra: web("192.0.2.1", false), vie: web("192.0.2.2", true) }))).toContain(
      `${name} A 192.0.2.2`,
    );
    expect(wanted({ fra: web("192.0.2.1", false) }).zones[0]?.keep).toContain(name);
  });

  it("says what it cannot name", () => {
    const inside = { services: [service("web")], serviceExports: [serviceExport("web")] };
    expect(wanted({ fra: inside })).toMatchObject({
      losses: [
        "Service default/web is exported, but its addresses are for its own clusters only: make it headless or of type LoadBalancer",
      ],
    });
    const external = { services: [service("web", { type: "ExternalName" })], serviceExports: [serviceExport("web")] };
    expect(wanted({ fra: external })).toMatchObject({ losses: [], zones: [{ sets: [] }, { sets: [] }] });
  });

  it("lets the oldest export decide where clusters differ, and takes the union of ports", () => {
    const at = (createdMs: number, one: ServiceObject): Partial<KubeObjects> => ({
      services: [one],
      serviceExports: [serviceExport("db", { createdMs })],
      endpointSlices: [podSlice("db", { "db-0": "10.2.0.1" })],
    });
    const other = at(5, database({ headless: false, type: "LoadBalancer" }));
    expect(wanted({ fra: { ...other }, vie: at(1, database()) }).losses).toEqual([
      'Service default/db is headless in one of "vie" and "fra" only: that of "fra" has no names',
    ]);
    const admin = { ...SQL, name: "admin", port: 9000 };
    const more = at(5, database({ ports: [{ ...SQL, protocol: "UDP" }, admin] }));
    const found = wanted({ fra: more, vie: at(1, database()) });
    expect(lines(found).filter((line) => line.includes("SRV"))).toEqual([
      `_admin._tcp.${DB} SRV 0 100 9000 db-0.fra.${DB} 0 100 9000 db-0.vie.${DB}`,
      `_sql._tcp.${DB} SRV 0 100 5432 db-0.fra.${DB} 0 100 5432 db-0.vie.${DB}`,
    ]);
    expect(found.losses).toEqual([
      'Port "sql" of Service default/db is UDP 5432 in "fra" and TCP 5432 in an older one, which counts',
    ]);
  });

  it("names pods of headless Services of a private federation that ask for it", () => {
    const annotated = database();
    const federated = { ...annotated, meta: { ...annotated.meta, annotations: { "portolan.dev/federated": "true" } } };
    const members = { fra: { ...FRA, services: [federated], serviceExports: [] } };
    const federation = { name: "prod", suffix: "clusterset.local", visibility: "private" } as const;
    expect(lines(wanted(members, { federation }))).toContain(
      "db-1.fra.db.default.prod.svc.clusterset.local A 10.1.0.2",
    );
    expect(lines(wanted({ fra: { ...members.fra, services: [annotated] } }, { federation }))).toEqual([]);
    const open = wanted(members, { federation: { ...federation, visibility: "public" } });
    expect([lines(open, 0), lines(open, 1)]).toEqual([[], []]);
    expect(open.losses).toEqual([
      "Pods of Service default/db have names in private zones only: the federation's are public",
    ]);
  });
});
