/**
 * The name server against PowerDNS's Lua records, Knot's geoip module and gdnsd, where they are on the machine: one
 * core for the servers, one for the load, rounds by turns in one run. `node bench/dns.ts [rounds] [seconds]`.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { ONE_BY_ONE, PEERS, PORTOLAN, writePlaces, ZONE } from "./dns/peers.ts";

const [SERVER_CORE, LOAD_CORE] = [0, 1];
const FIRST_PORT = 18_300;
const TICKS_PER_SECOND = 100;
/** 198.51.1.0/24 and 198.51.2.0/24 as EDNS options. */
const SUBNETS = { "198.51.1.0/24": "8:00011800c63301", "198.51.2.0/24": "8:00011800c63302" };
const EXPECTED = { "198.51.1.0/24": "192.0.2.10", "198.51.2.0/24": "192.0.2.20" };

const rounds = Number(process.argv[2] ?? 5);
const seconds = Number(process.argv[3] ?? 5);

function has(binary: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${binary}`]).status === 0;
}

for (const tool of ["dnsperf", "dig", "taskset"]) {
  if (has(tool)) continue;
  console.log(`Cannot measure: ${tool} is not on this machine`);
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), "portolan-bench-dns-"));
const children: ChildProcess[] = [];
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
process.on("SIGINT", () => process.exit(1));

const labels = Array.from({ length: 1000 }, (_, index) => `h${index}`);
const database = join(folder, "places.mmdb");
writePlaces(database);
const names = labels.toSorted((a, b) => reversed(a) - reversed(b)).map((label) => `${label}.${ZONE} A`);
writeFileSync(join(folder, "geo"), `${names.join("\n")}\n`);
writeFileSync(join(folder, "nothing"), `${names.map((name) => `no-${name}`).join("\n")}\n`);

function reversed(label: string): number {
  return Number(label.slice(1).split("").reverse().join(""));
}

interface Running {
  readonly name: string;
  readonly port: number;
  readonly pids: readonly number[];
}

const running: Running[] = [];
for (const [index, peer] of [PORTOLAN, ONE_BY_ONE, ...PEERS].entries()) {
  if (!has(peer.binary)) {
    console.log(`Left out: ${peer.name}, ${peer.binary} is not on this machine`);
    continue;
  }
  const own = join(folder, String(index));
  mkdirSync(own);
  const port = FIRST_PORT + index;
  const args = peer.configure(own, { port, database, labels });
  const child = spawn("taskset", ["-c", String(SERVER_CORE), peer.binary, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const problem = await readyProblem(port);
  if (problem !== null) {
    console.log(`Left out: ${peer.name}: ${problem}\n${output.slice(-1000)}`);
    continue;
  }
  const pid = child.pid ?? 0;
  running.push({ name: peer.name, port, pids: [pid, ...childrenOf(pid)] });
}

/** Null as soon as it answers both places as it should. */
async function readyProblem(port: number): Promise<string | null> {
  let found = "";
  for (let tries = 0; tries < 150; tries += 1) {
    const answers = Object.keys(SUBNETS).map((subnet) =>
      spawnSync(
        "dig",
        ["@127.0.0.1", "-p", String(port), "+tries=1", "+time=1", "+short", `+subnet=${subnet}`, `h7.${ZONE}`],
        {
          encoding: "utf8",
        },
      ).stdout.trim(),
    );
    found = answers.join(" ");
    if (found === Object.values(EXPECTED).join(" ")) return null;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return `it answers "${found}"`;
}

function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  const direct = text === "" ? [] : text.split(" ").map(Number);
  return direct.flatMap((one) => [one, ...childrenOf(one)]);
}

/** User and system time of a server in seconds. */
function cpuSeconds({ pids }: Running): number {
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return sum + (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }, 0);
}

interface Measured {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  readonly lost: number;
}

function measure(server: Running, load: string, subnet: string | null): Measured {
  const before = cpuSeconds(server);
  const args = ["-s", "127.0.0.1", "-p", String(server.port), "-d", join(folder, load), "-l", String(seconds)];
  const more = ["-c", "8", "-q", "400", "-T", "1", ...(subnet === null ? [] : ["-E", subnet])];
  const { stdout } = spawnSync("taskset", ["-c", String(LOAD_CORE), "dnsperf", ...args, ...more], { encoding: "utf8" });
  const number = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1] ?? 0);
  const completed = number(/Queries completed:\s+(\d+)/);
  return {
    perSecond: number(/Queries per second:\s+([\d.]+)/),
    perCpuSecond: completed / Math.max(0.01, cpuSeconds(server) - before),
    lost: number(/Queries lost:\s+(\d+)/),
  };
}

const LOADS = [
  ["by client subnet, 1,000 names", "geo", SUBNETS["198.51.1.0/24"]],
  ["by the resolver's address, 1,000 names", "geo", null],
  ["names that do not exist", "nothing", null],
] as const;

console.log(
  `${cpus()[0]?.model ?? "?"}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}; best of ${rounds} × ${seconds} s`,
);
for (const [title, load, subnet] of LOADS) {
  const best = new Map<string, Measured>();
  for (let round = 0; round <= rounds; round += 1) {
    for (const server of running) {
      const found = measure(server, load, subnet);
      // The first round warms up.
      if (round === 0) continue;
      const known = best.get(server.name) ?? found;
      best.set(server.name, {
        perSecond: Math.max(known.perSecond, found.perSecond),
        perCpuSecond: Math.max(known.perCpuSecond, found.perCpuSecond),
        lost: known.lost + found.lost,
      });
    }
  }
  console.log(
    `\n${title}\n${"".padEnd(14)}${"queries/s".padStart(12)}${"per CPU s".padStart(12)}${"ratio".padStart(8)}${"CPU".padStart(8)}${"lost".padStart(8)}`,
  );
  const own = best.get(PORTOLAN.name);
  for (const [name, { perSecond, perCpuSecond, lost }] of best) {
    const of = (ours: number, theirs: number): string => (name === PORTOLAN.name ? "" : (ours / theirs).toFixed(2));
    const ratios = [of(own?.perSecond ?? 0, perSecond), of(own?.perCpuSecond ?? 0, perCpuSecond)];
    const cells = [Math.round(perSecond), Math.round(perCpuSecond), ...ratios, lost].map((cell, at) =>
      String(cell).padStart(at < 2 ? 12 : 8),
    );
    console.log(name.padEnd(14) + cells.join(""));
  }
}
process.exit(0);
