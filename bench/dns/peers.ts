/** Name servers that answer by place, each with one thread and the same zone, names, database and answers. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeMmdb } from "../../src/locate/mmdb-writer.ts";

export interface DnsPeer {
  readonly name: string;
  readonly binary: string;
  /** Writes its files into a folder of its own; what to start there. */
  configure(folder: string, setup: Setup): readonly string[];
}

export interface Setup {
  readonly port: number;
  readonly database: string;
  /** First labels of the zone's names. */
  readonly labels: readonly string[];
}

export const ZONE = "gslb.example.org";
const [EU, US] = ["192.0.2.10", "192.0.2.20"];
const HEAD = `$ORIGIN ${ZONE}.
$TTL 30
@ IN SOA ns.${ZONE}. hostmaster.${ZONE}. 1 3600 600 604800 30
@ IN NS ns.${ZONE}.
ns IN A 192.0.2.53
`;

/** Every second /24 of 198.51.0.0/16 in Germany, the others in the United States. */
export function writePlaces(path: string): void {
  const place = (country: string, continent: string, latitude: number, longitude: number) => ({
    country: { iso_code: country },
    continent: { code: continent },
    location: { latitude, longitude, accuracy_radius: 20 },
  });
  const [germany, america] = [place("DE", "EU", 50.1, 8.7), place("US", "NA", 40.7, -74)];
  const networks = Array.from({ length: 256 }, (_, net) => ({
    cidr: `198.51.${net}.0/24`,
    value: net % 2 === 1 ? germany : america,
  }));
  writeFileSync(path, writeMmdb({ databaseType: "GeoIP2-City", ipVersion: 6, buildEpoch: 1_790_000_000, networks }));
}

/** Through Node's own UDP socket. */
export const ONE_BY_ONE: DnsPeer = {
  name: "… one by one",
  binary: process.execPath,
  configure: (folder, setup) => [...PORTOLAN.configure(folder, setup), "--one-by-one"],
};

export const PORTOLAN: DnsPeer = {
  name: "portolan",
  binary: process.execPath,
  configure(folder, { port, database, labels }) {
    for (const [name, region, address] of [
      ["eu", "europe-west1", EU],
      ["us", "us-east1", US],
    ] as const) {
      mkdirSync(join(folder, "world", name), { recursive: true });
      writeFileSync(
        join(folder, "world", `${name}.yaml`),
        `apiVersion: portolan.dev/v1alpha1\nkind: Cluster\nmetadata: { name: ${name} }\nspec: { provider: gcp, region: ${region} }\n`,
      );
      writeFileSync(
        join(folder, "world", name, "shop.yaml"),
        `apiVersion: v1\nkind: Service\nmetadata: { name: shop }\nspec: { type: LoadBalancer, ports: [{ port: 80 }] }\nstatus: { loadBalancer: { ingress: [{ ip: ${address} }] } }\n`,
      );
    }
    const rules = labels.map(
      (label) =>
        `    - host: ${label}.${ZONE}\n      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: shop, port: { number: 80 } } } }] }\n`,
    );
    writeFileSync(
      join(folder, "world", "ingress.yaml"),
      `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: shop }\nspec:\n  rules:\n${rules.join("")}`,
    );
    const bin = new URL("../../bin/portolan.mjs", import.meta.url).pathname;
    return [
      bin,
      "dns",
      "serve",
      "--from",
      join(folder, "world"),
      "--zone",
      ZONE,
      "--listen",
      `127.0.0.1:${port}`,
      "--geoip",
      database,
      "--rate-limit",
      "0",
      "--ns",
      `ns.${ZONE}=192.0.2.53`,
    ];
  },
};

export const PEERS: readonly DnsPeer[] = [
  {
    name: "knot geoip",
    binary: "knotd",
    configure(folder, { port, database, labels }) {
      writeFileSync(join(folder, "zone"), HEAD + labels.map((label) => `${label} IN A ${US}\n`).join(""));
      const geo = labels.map(
        (label) => `${label}.${ZONE}:\n  - geo: "DE"\n    A: ${EU}\n  - geo: "US"\n    A: ${US}\n`,
      );
      writeFileSync(join(folder, "geo.conf"), geo.join(""));
      writeFileSync(
        join(folder, "knot.conf"),
        `server:
  rundir: ${folder}
  listen: 127.0.0.1@${port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  edns-client-subnet: on
database:
  storage: ${folder}
log:
  - target: stderr
    any: error
mod-geoip:
  - id: geo
    config-file: ${folder}/geo.conf
    ttl: 30
    mode: geodb
    geodb-file: ${database}
    geodb-key: [country/iso_code]
zone:
  - domain: ${ZONE}
    file: ${folder}/zone
    zonefile-sync: -1
    module: mod-geoip/geo
`,
      );
      return ["-c", join(folder, "knot.conf")];
    },
  },
  {
    name: "gdnsd geoip",
    binary: "gdnsd",
    configure(folder, { port, database, labels }) {
      mkdirSync(join(folder, "zones"));
      writeFileSync(
        join(folder, "zones", ZONE),
        HEAD.replace(`$ORIGIN ${ZONE}.\n`, "") + labels.map((label) => `${label} 30 DYNA geoip!shop\n`).join(""),
      );
      writeFileSync(
        join(folder, "config"),
        `options => { listen => [ 127.0.0.1:${port} ], udp_threads => 1, tcp_threads => 1, run_dir => ${folder}/run, state_dir => ${folder}/state }
plugins => { geoip => {
  maps => { places => { geoip2_db => ${database}, datacenters => [ eu, us ], map => { EU => [ eu, us ], NA => [ us, eu ] } } }
  resources => { shop => { map => places, dcmap => { eu => ${EU}, us => ${US} } } }
} }
`,
      );
      return ["-c", folder, "start"];
    },
  },
  {
    name: "powerdns lua",
    binary: "pdns_server",
    configure(folder, { port, database, labels }) {
      const lua = `30 IN LUA A ";if country('DE') then return '${EU}' else return '${US}' end"`;
      writeFileSync(join(folder, "zone"), HEAD + labels.map((label) => `${label} ${lua}\n`).join(""));
      writeFileSync(join(folder, "named.conf"), `zone "${ZONE}" { type master; file "${folder}/zone"; };\n`);
      writeFileSync(join(folder, "geo.yaml"), "domains: []\n");
      writeFileSync(
        join(folder, "pdns.conf"),
        `launch=bind,geoip
bind-config=${folder}/named.conf
geoip-database-files=${database}
geoip-zones-file=${folder}/geo.yaml
enable-lua-records=yes
edns-subnet-processing=yes
local-address=127.0.0.1
local-port=${port}
receiver-threads=1
distributor-threads=1
socket-dir=${folder}
daemon=no
guardian=no
disable-syslog=yes
loglevel=3
zone-cache-refresh-interval=60
`,
      );
      return [`--config-dir=${folder}`];
    },
  },
];
