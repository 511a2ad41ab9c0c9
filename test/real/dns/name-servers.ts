/** BIND and Knot from Debian's packages, with one zone that takes updates signed by one key. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RecordSet } from "../../../src/core/dns/records.ts";
import { rfc2136 } from "../../../src/dns/rfc2136.ts";
import type { TsigKey } from "../../../src/dns/rfc2136/tsig.ts";
import type { RunningDns } from "../../conformance/dns-provider.ts";
import { virtualTime } from "../../dns/virtual-time.ts";
import { troubledLine } from "./proxy.ts";
import { freePort } from "../../build/free-port.ts";

export interface NameServerProcess {
  readonly port: number;
  close(): Promise<void>;
}

const SECRET = Buffer.from("a secret of thirty-two bytes, ok").toString("base64");
export const KEY: TsigKey = { name: "portolan", algorithm: "hmac-sha256", secret: Buffer.from(SECRET, "base64") };
const ZONE_FILE = `$TTL 3600
@ IN SOA ns1.example.org. hostmaster.example.org. 1 7200 900 1209600 60
@ IN NS ns1.example.net.
`;

export function startBind(): Promise<NameServerProcess> {
  return start((folder, port) => {
    writeFileSync(
      join(folder, "named.conf"),
      `options { directory "${folder}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; pid-file none;
        recursion no; allow-transfer { key portolan; }; dnssec-validation no; session-keyfile "${folder}/session.key"; };
      controls { };
      key portolan { algorithm hmac-sha256; secret "${SECRET}"; };
      zone "example.org" { type primary; file "${folder}/example.org.zone"; allow-update { key portolan; }; };`,
    );
    return ["named", ["-g", "-n", "1", "-c", join(folder, "named.conf")]];
  });
}

export function startKnot(): Promise<NameServerProcess> {
  return start((folder, port) => {
    writeFileSync(
      join(folder, "knot.conf"),
      `server:
  rundir: ${folder}
  listen: 127.0.0.1@${port}
  tcp-workers: 2
  udp-workers: 1
  background-workers: 1
database:
  storage: ${folder}
log:
  - target: stderr
    any: warning
key:
  - id: portolan
    algorithm: hmac-sha256
    secret: ${SECRET}
acl:
  - id: portolan
    key: portolan
    action: [update, transfer]
zone:
  - domain: example.org
    file: ${folder}/example.org.zone
    acl: portolan
    zonefile-sync: -1
    journal-content: changes
`,
    );
    return ["knotd", ["-c", join(folder, "knot.conf")]];
  });
}

async function start(
  configure: (folder: string, port: number) => readonly [string, readonly string[]],
): Promise<NameServerProcess> {
  const folder = mkdtempSync(join(tmpdir(), "portolan-dns-"));
  writeFileSync(join(folder, "example.org.zone"), ZONE_FILE);
  const port = await freePort();
  const [command, args] = configure(folder, port);
  const child = spawn(command, [...args], { stdio: ["ignore", "ignore", "pipe"] });
  let output = "";
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const gone = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  const isReady = () => {
    try {
      return (
        execFileSync("dig", [
          "@127.0.0.1",
          "-p",
          String(port),
          "+tcp",
          "+short",
          "+tries=1",
          "+time=1",
          "example.org",
          "SOA",
        ]).length > 0
      );
    } catch {
      return false;
    }
  };
  const deadline = Date.now() + 20_000;
  while (!isReady()) {
    if (Date.now() > deadline || child.exitCode !== null)
      throw new Error(`Cannot start ${command}: ${output.slice(-2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    port,
    async close() {
      child.kill("SIGKILL");
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** BIND's own client: an independent hand. The sets of these names and types become exactly this. */
export function nsupdate(port: number, sets: readonly RecordSet[]): void {
  const lines = sets.flatMap(({ name, type, ttlSeconds, values }) => [
    `update delete ${name}. ${type}`,
    ...values.map((value) => `update add ${name}. ${ttlSeconds ?? 60} ${type} ${absolute(type, value)}`),
  ]);
  const script = [`server 127.0.0.1 ${port}`, "zone example.org.", ...lines, "send", ""].join("\n");
  execFileSync("nsupdate", ["-v", "-y", `hmac-sha256:portolan:${SECRET}`], { input: script });
}

function absolute(type: string, value: string): string {
  return ["CNAME", "NS", "MX", "SRV", "PTR"].includes(type) ? `${value}.` : value;
}

/** A fresh server for each test: zone transfers of an earlier one must not help. */
export async function rfc2136World(startServer: () => Promise<NameServerProcess>): Promise<RunningDns> {
  const server = await startServer();
  const line = await troubledLine(server.port);
  const provider = () =>
    rfc2136({
      host: "127.0.0.1",
      port: line.port,
      zones: [{ name: "example.org", visibility: "public" }],
      key: KEY,
      time: virtualTime(),
    });
  return {
    provider: provider(),
    other: provider(),
    zone: { name: "example.org", visibility: "public", id: "example.org" },
    async seed(sets) {
      nsupdate(server.port, sets);
    },
    history: () => null,
    faults: line.faults,
    async close() {
      await line.close();
      await server.close();
    },
  };
}
