/**
 * A delegated zone in a network namespace of its own: BIND holds `example.org` and delegates `gslb`, `portolan dns
 * serve` answers for it over three clusters whose origins are real, and unbound resolves through the delegation.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeMmdb } from "../../../src/locate/mmdb-writer.ts";
import { clusterYaml } from "../../build/files-edge.ts";

const ROOT = join(import.meta.dirname, "../../..");
export const SERVER = "127.0.0.20";
export const RESOLVER = "127.0.0.30";
/** Where each cluster's origin listens, and thus what names lead to. */
export const ORIGINS = { eu: "127.0.1.1", us: "127.0.2.1", asia: "127.0.3.1" } as const;
type Name = keyof typeof ORIGINS;

/** Why there can be no namespace here; null when there can. */
export function namespaceProblem(): string | null {
  const name = `portolan-try-${process.pid}`;
  const made = spawnSync("ip", ["netns", "add", name]);
  if (made.status !== 0) return `ip netns add: ${made.error?.message ?? made.stderr.toString().trim()}`;
  spawnSync("ip", ["netns", "del", name]);
  return null;
}

export interface Delegation {
  /** Runs a program beside the servers and returns what it printed. */
  run(command: string, ...args: readonly string[]): string;
  killOrigin(name: Name): void;
  startOrigin(name: Name): void;
  setReady(name: Name, isReady: boolean): void;
  close(): void;
}

export async function startDelegation(): Promise<Delegation> {
  const folder = mkdtempSync(join(tmpdir(), "portolan-delegation-"));
  const space = `portolan-dns-${process.pid}`;
  const children = new Set<ChildProcess>();
  execFileSync("ip", ["netns", "add", space]);
  const run = (command: string, ...args: readonly string[]): string => {
    const ended = spawnSync("ip", ["netns", "exec", space, command, ...args], { encoding: "utf8" });
    return ended.stdout + ended.stderr;
  };
  let output = "";
  const start = (command: string, ...args: readonly string[]): ChildProcess => {
    const child = spawn("ip", ["netns", "exec", space, command, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += String(chunk)));
    children.add(child);
    return child;
  };
  run("ip", "link", "set", "lo", "up");
  // BIND listens on addresses that an interface has by name.
  run("ip", "address", "add", "127.0.0.10/32", "dev", "lo");

  const origins = new Map<Name, ChildProcess>();
  const killOrigin = (name: Name): void => void origins.get(name)?.kill("SIGKILL");
  const startOrigin = (name: Name): void => {
    const program = `require("http").createServer((q, r) => r.end("${name}")).listen(8080, "${ORIGINS[name]}")`;
    origins.set(name, start(process.execPath, "-e", program));
  };
  const setReady = (name: Name, isReady: boolean): void =>
    writeFileSync(join(folder, "world", name, "shop.yaml"), shopAt(ORIGINS[name], isReady));
  mkdirSync(join(folder, "world"));
  for (const [name, region] of [
    ["eu", "europe-west1"],
    ["us", "us-east1"],
    ["asia", "asia-east1"],
  ] as const) {
    mkdirSync(join(folder, "world", name));
    writeFileSync(join(folder, "world", `${name}.yaml`), clusterYaml(name, region));
    setReady(name, true);
    startOrigin(name);
  }
  writeFileSync(join(folder, "world", "ingress.yaml"), INGRESS);
  const place = (latitude: number, longitude: number) => ({ location: { latitude, longitude } });
  const networks = [
    { cidr: "198.51.1.0/24", value: place(48.9, 2.3) },
    { cidr: "198.51.2.0/24", value: place(42.4, -71) },
    { cidr: "198.51.3.0/24", value: place(25, 121.5) },
  ];
  const places = join(folder, "places.mmdb");
  writeFileSync(places, writeMmdb({ databaseType: "Test-City", ipVersion: 6, buildEpoch: 1, networks }));
  start(
    process.execPath,
    join(ROOT, "bin/portolan.mjs"),
    "dns",
    "serve",
    "--from",
    join(folder, "world"),
    "--zone",
    "gslb.example.org",
    "--listen",
    `${SERVER}:53`,
    "--ns",
    `ns.gslb.example.org=${SERVER}`,
    "--geoip",
    places,
    "--ttl",
    "1",
    "--probe-interval",
    "1s",
    "--allow-private-origins",
    "--federation",
    "prod",
  );
  writeFileSync(join(folder, "example.org.zone"), PARENT);
  writeFileSync(join(folder, "named.conf"), namedConf(folder));
  start("named", "-g", "-n", "1", "-c", join(folder, "named.conf"));
  writeFileSync(join(folder, "unbound.conf"), unboundConf(folder));
  start("unbound", "-d", "-c", join(folder, "unbound.conf"));

  const close = (): void => {
    for (const child of children) child.kill("SIGKILL");
    // A child of `ip netns exec` is that very process, so that nobody is left; the namespace goes with the last one.
    spawnSync("ip", ["netns", "del", space]);
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + 60_000;
  for (;;) {
    const found = run("dig", `@${RESOLVER}`, "+short", "+tries=1", "+time=1", "shop.gslb.example.org", "A");
    if (found.startsWith("127.0.")) break;
    if (Date.now() > deadline) {
      close();
      throw new Error(`Cannot start the delegation: ${found}\n${output.slice(-3000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { run, killOrigin, startOrigin, setReady, close };
}

function shopAt(address: string, isReady: boolean): string {
  return `apiVersion: v1
kind: Service
metadata: { name: shop }
spec: { ports: [{ port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: shop-1, labels: { kubernetes.io/service-name: shop } }
addressType: IPv4
ports: [{ port: 8080 }]
endpoints: [{ addresses: [${address}], conditions: { ready: ${isReady} } }]
`;
}

const INGRESS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop }
spec:
  rules:
    - host: shop.gslb.example.org
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: shop, port: { number: 80 } } } }] }
`;

const PARENT = `$TTL 300
@ IN SOA ns.example.org. hostmaster.example.org. 1 7200 900 1209600 60
@ IN NS ns
ns IN A 127.0.0.10
gslb IN NS ns.gslb
ns.gslb IN A ${SERVER}
`;

function namedConf(folder: string): string {
  return `options { directory "${folder}"; listen-on { 127.0.0.10; }; listen-on-v6 { none; }; pid-file none;
    recursion no; session-keyfile "${folder}/session.key"; };
  controls { };
  zone "example.org" { type primary; file "${folder}/example.org.zone"; };`;
}

/** Careful as the strictest resolvers are: random case, minimal names; client subnets go to our server. */
function unboundConf(folder: string): string {
  return `server:
  interface: ${RESOLVER}
  access-control: 127.0.0.0/8 allow
  directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  num-threads: 1
  do-not-query-localhost: no
  module-config: "subnetcache iterator"
  send-client-subnet: ${SERVER}
  client-subnet-always-forward: yes
  max-client-subnet-ipv4: 24
  use-caps-for-id: yes
  qname-minimisation: yes
  qname-minimisation-strict: yes
  harden-below-nxdomain: yes
stub-zone:
  name: "example.org"
  stub-addr: 127.0.0.10
remote-control:
  control-enable: no
`;
}
