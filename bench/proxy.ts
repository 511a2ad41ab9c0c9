/**
 * The edge against nginx, HAProxy and Caddy, where they are on the machine: one core for the proxy, one for load and
 * origin, rounds by turns in one run. `node bench/proxy.ts [rounds] [seconds] [load] [--write]`; the last
 * writes bench/results.md.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Load, LOADS, measure, type Round, wrkScript } from "./proxy/load.ts";
import { type Peer, type PeerFacts, PEERS, PORTOLAN } from "./proxy/peers.ts";

const PROXY_CORE = 0;
const LOAD_CORE = 1;
/** For each load and peer, before the first round that counts. */
const WARM_UP_S = 8;
const ORIGIN_PORT = 18_080;
const FIRST_PORT = 18_100;

const words = process.argv.slice(2).filter((word) => word !== "--write");
const writes = process.argv.includes("--write");
const [rounds, seconds] = [Number(words[0] ?? 5), Number(words[1] ?? 5)];
const only = words[2];
const loads = LOADS.filter((load) => only === undefined || load.name === only);

function has(binary: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${binary}`]).status === 0;
}

if (!has("wrk") || !has("taskset")) {
  console.log("Cannot measure: wrk or taskset is not on this machine");
  process.exit(0);
}
const peers = [PORTOLAN, ...PEERS.filter((peer) => has(peer.binary))];
const folder = mkdtempSync(join(tmpdir(), "portolan-bench-"));
const children: ChildProcess[] = [];
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const hosts = shuffled(Array.from({ length: 10_000 }, (_, index) => `h${index}.example.org`));
const origin = fileURLToPath(new URL("proxy/origin-main.ts", import.meta.url));
const originChild = start(LOAD_CORE, process.execPath, [origin, String(ORIGIN_PORT)]);
if (!(await listening(ORIGIN_PORT, originChild))) throw new Error(`Cannot measure: port ${ORIGIN_PORT} is taken`);

const tls = selfSigned(folder);

interface Running {
  readonly peer: Peer;
  readonly name: string;
  readonly urls: { readonly plain: string; readonly tls: string };
  readonly pids: readonly number[];
  readonly shown: string;
}

const running: Running[] = [];
for (const [index, peer] of peers.entries()) {
  const port = FIRST_PORT + index;
  const tlsPort = port + 50;
  const { args, shown } = peer.configure(join(folder, String(index)), {
    port,
    tlsPort,
    tls,
    originPort: ORIGIN_PORT,
    hosts,
  });
  const child = start(PROXY_CORE, peer.binary, args);
  // One that does not start, such as a version that knows another configuration, is left out.
  if (!(await listening(port, child))) {
    console.log(`${peer.name} does not listen and is left out`);
    continue;
  }
  const pid = child.pid ?? 0;
  const urls = { plain: `http://127.0.0.1:${port}`, tls: `https://127.0.0.1:${tlsPort}` };
  running.push({ peer, name: peer.name, urls, pids: [pid, ...childrenOf(pid)], shown });
}

const results: Round[] = [];
for (const load of loads) {
  const script = wrkScript(folder, load, hosts);
  for (let round = 0; round <= rounds; round += 1) {
    for (const one of running) {
      const facts = {
        url: load.tls ? one.urls.tls : one.urls.plain,
        script,
        seconds: round === 0 ? WARM_UP_S : seconds,
        core: LOAD_CORE,
        host: hosts[0] ?? "",
      };
      const result = await measure(one, load, facts);
      // The first is for warming up, of all alike: a front door stands for days, and compilers do their work in the first seconds.
      if (round > 0) results.push(result);
      if (round > 0) console.log(line(result));
    }
  }
  console.log(`\n${table(load)}\n`);
}
if (writes) writeFileSync(new URL("results.md", import.meta.url), report());
process.exit(0);

function start(core: number, binary: string, args: readonly string[]): ChildProcess {
  const child = spawn("taskset", ["-c", String(core), binary, ...args], { stdio: ["ignore", "ignore", "inherit"] });
  children.push(child);
  return child;
}

/** A certificate for `*.example.org`, RSA 2048 as most sites have. */
function selfSigned(path: string): PeerFacts["tls"] {
  const files = { cert: join(path, "cert.pem"), key: join(path, "key.pem"), both: join(path, "both.pem") };
  const subject = ["-subj", "/CN=example.org", "-addext", "subjectAltName=DNS:*.example.org"];
  const made = [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "2",
    "-keyout",
    files.key,
    "-out",
    files.cert,
  ];
  const { status } = spawnSync("openssl", [...made, ...subject], { stdio: "ignore" });
  if (status !== 0) throw new Error("Cannot measure: openssl made no certificate");
  writeFileSync(files.both, readFileSync(files.cert, "utf8") + readFileSync(files.key, "utf8"));
  return files;
}

/** Waits for a port; false when the process has ended, or has not listened for a minute. */
async function listening(port: number, child: ChildProcess): Promise<boolean> {
  for (const untilMs = Date.now() + 60_000; Date.now() < untilMs && child.exitCode === null; ) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect({ port, host: "127.0.0.1" }, () => resolve(true));
      socket.once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return child.exitCode === null;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

function childrenOf(pid: number): number[] {
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const parent = readFileSync(`/proc/${entry}/stat`, "utf8").split(") ")[1]?.split(" ")[1];
      return parent === String(pid) ? [Number(entry)] : [];
    } catch {
      return [];
    }
  });
}

function medians(load: Load, name: string): Omit<Round, "peer" | "load" | "void"> | null {
  const good = results.filter((one) => one.load === load.name && one.peer === name && one.void === null);
  const median = (pick: (round: Round) => number) => good.map(pick).sort((a, b) => a - b)[good.length >> 1] ?? 0;
  if (good.length === 0) return null;
  return {
    rps: median((one) => one.rps),
    p50Ms: median((one) => one.p50Ms),
    p99Ms: median((one) => one.p99Ms),
    cpuMs: median((one) => one.cpuMs),
    rssMb: median((one) => one.rssMb),
  };
}

function table(load: Load): string {
  const base = medians(load, "nginx") ?? medians(load, PORTOLAN.name);
  const rows = running.map(({ name }) => {
    const own = medians(load, name);
    if (own === null || base === null) return `| ${name} | void |`;
    const ratio = (a: number, b: number) => (b === 0 ? "–" : (a / b).toFixed(2));
    return `| ${name} | ${ratio(own.rps, base.rps)} | ${ratio(own.cpuMs, base.cpuMs)} | ${ratio(own.p99Ms, base.p99Ms)} | ${Math.round(own.rps)} | ${Math.round(own.cpuMs)} | ${own.p50Ms.toFixed(2)} | ${own.p99Ms.toFixed(2)} | ${Math.round(own.rssMb)} |`;
  });
  const head =
    "| proxy | rps / nginx | CPU / nginx | p99 / nginx | rps | CPU ms per 10,000 | p50 ms | p99 ms | RSS MB |";
  return [`## ${load.name}, ${load.connections} connections`, "", head, `|${"---|".repeat(9)}`, ...rows].join("\n");
}

function line(round: Round): string {
  const { peer, load, rps, cpuMs, p50Ms, p99Ms, rssMb } = round;
  return `${load} | ${peer} | ${Math.round(rps)} rps | ${Math.round(cpuMs)} ms CPU per 10,000 | p50 ${p50Ms} | p99 ${p99Ms} | ${Math.round(rssMb)} MB${round.void === null ? "" : ` | void: ${round.void}`}`;
}

function report(): string {
  const [cpu] = cpus();
  const machine = `${cpus().length} × ${cpu?.model ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  const configurations = running.map(({ name, shown }) => `### ${name}\n\n\`\`\`\n${shown}\`\`\``);
  return [
    "# Proxies compared",
    `${machine}. Proxy on one core, load (wrk) and origin on another; ${rounds} rounds of ${seconds} s by turns after ${WARM_UP_S} s to warm up; medians. 10,000 hosts in shuffled order; location look-up, steering, metrics and access log are on, in the peers as far as they have them. Load of the machine at the end: ${loadavg()[0]?.toFixed(1)}. Written by \`node bench/proxy.ts --write\`.`,
    ...loads.map(table),
    "## Every round",
    results.map(line).join("\n\n"),
    "## Configurations",
    ...configurations,
    "",
  ].join("\n\n");
}

/** The same order every time. */
function shuffled(list: string[]): string[] {
  let state = 20_261_124;
  for (let index = list.length - 1; index > 0; index -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = state % (index + 1);
    [list[index], list[other]] = [list[other] ?? "", list[index] ?? ""];
  }
  return list;
}
