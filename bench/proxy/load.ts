/** One round of load by wrk, and what the proxy's process paid for it. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { request as secureRequest } from "node:https";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Load {
  readonly name: string;
  readonly path: string;
  readonly body: number;
  readonly newConnections: boolean;
  readonly connections: number;
  readonly bytes: number;
  readonly tls: boolean;
}

export interface Round {
  readonly peer: string;
  readonly load: string;
  readonly rps: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU milliseconds of the proxy per 10,000 requests. */
  readonly cpuMs: number;
  readonly rssMb: number;
  /** Why it does not count; null when it does. */
  readonly void: string | null;
}

export const LOADS: readonly Load[] = [
  { name: "1 KB", path: "/1024", body: 0, newConnections: false, connections: 64, bytes: 1024, tls: false },
  { name: "100 KB", path: "/102400", body: 0, newConnections: false, connections: 64, bytes: 102_400, tls: false },
  { name: "1 MB", path: "/1048576", body: 0, newConnections: false, connections: 16, bytes: 1_048_576, tls: false },
  {
    name: "1 KB, new connections",
    path: "/1024",
    body: 0,
    newConnections: true,
    connections: 64,
    bytes: 1024,
    tls: false,
  },
  { name: "1 KB, TLS", path: "/1024", body: 0, newConnections: false, connections: 64, bytes: 1024, tls: true },
  {
    name: "1 KB, TLS, new connections",
    path: "/1024",
    body: 0,
    newConnections: true,
    connections: 64,
    bytes: 1024,
    tls: true,
  },
  { name: "POST 10 KB", path: "/1024", body: 10_240, newConnections: false, connections: 64, bytes: 1024, tls: false },
];

/** A script that asks for every host once, in shuffled order, over and over. */
export function wrkScript(folder: string, load: Load, hosts: readonly string[]): string {
  const path = join(folder, `${load.name.replaceAll(/[^a-z0-9]/gi, "-")}.lua`);
  const lines = [
    `local hosts = {${hosts.map((host) => `"${host}"`).join(",")}}`,
    "local reqs = {}",
    `local body = string.rep("x", ${load.body})`,
    "function init()",
    "  for i, host in ipairs(hosts) do",
    `    local headers = { Host = host, ["User-Agent"] = "wrk", Accept = "*/*"${load.newConnections ? ', Connection = "close"' : ""} }`,
    `    reqs[i] = wrk.format("${load.body > 0 ? "POST" : "GET"}", "${load.path}", headers, ${load.body > 0 ? "body" : "nil"})`,
    "  end",
    "end",
    "local n = 0",
    "function request() n = n % #reqs + 1; return reqs[n] end",
  ];
  writeFileSync(path, lines.join("\n"));
  return path;
}

/** Loads `url` for some seconds from the given core. */
export async function measure(
  peer: { readonly name: string; readonly pids: readonly number[] },
  load: Load,
  facts: {
    readonly url: string;
    readonly script: string;
    readonly seconds: number;
    readonly core: number;
    readonly host: string;
  },
): Promise<Round> {
  const wrong = await verify(facts.url, load, facts.host);
  const before = cpuMs(peer.pids);
  const args = ["-c", String(facts.core), "wrk", "-t1", `-c${load.connections}`, `-d${facts.seconds}s`, "--latency"];
  const { stdout } = await run("taskset", [...args, "-s", facts.script, facts.url]);
  const cpu = cpuMs(peer.pids) - before;
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0);
  const rps = Number(/Requests\/sec: +([\d.]+)/.exec(stdout)?.[1] ?? 0);
  const problems = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(stdout)?.[0] ?? null;
  const after = await verify(facts.url, load, facts.host);
  const none = requests === 0 ? "no request was answered" : null;
  return {
    peer: peer.name,
    load: load.name,
    rps,
    p50Ms: milliseconds(/50% +(\S+)/.exec(stdout)?.[1]),
    p99Ms: milliseconds(/99% +(\S+)/.exec(stdout)?.[1]),
    cpuMs: requests === 0 ? 0 : (cpu / requests) * 10_000,
    rssMb: peer.pids.reduce((sum, pid) => sum + rssMb(pid), 0),
    void: wrong ?? after ?? problems ?? none,
  };
}

/** One request whose whole answer is looked at. */
async function verify(url: string, load: Load, host: string): Promise<string | null> {
  return await new Promise((resolve) => {
    const method = load.body > 0 ? "POST" : "GET";
    const options = { method, headers: { host }, agent: false, servername: host, rejectUnauthorized: false };
    const outgoing = (load.tls ? secureRequest : request)(`${url}${load.path}`, options, (answer) => {
      let size = 0;
      answer.on("data", (chunk: Buffer) => {
        size += chunk.every((byte) => byte === 120) ? chunk.length : Number.NaN;
      });
      answer.on("end", () =>
        resolve(answer.statusCode === 200 && size === load.bytes ? null : `status ${answer.statusCode}, ${size} bytes`),
      );
      answer.on("error", (error) => resolve(error.message));
    });
    outgoing.on("error", (error) => resolve(error.message));
    outgoing.end("x".repeat(load.body));
  });
}

function cpuMs(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * 10;
}

function rssMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
}

function milliseconds(text: string | undefined): number {
  const value = Number.parseFloat(text ?? "");
  if (text?.endsWith("us") === true) return value / 1000;
  return text?.endsWith("ms") === true ? value : value * 1000;
}
