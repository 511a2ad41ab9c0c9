/**
 * What an idle connection costs, and how long a new snapshot of many hosts holds the loop: `node bench/limits.ts
 * [connections] [hosts]`. Clients are in a process of their own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { rawOrigin } from "../test/edge/http1/raw.ts";
import { startWorld } from "../test/edge/http1/world.ts";

const connections = Number(process.argv[2] ?? 9000);
const hosts = Array.from({ length: Number(process.argv[3] ?? 10_000) }, (_, index) => `h${index}.example`);

/** Each sends one request, reads the answer, and then does nothing. */
const CLIENTS = `
const { connect } = require("node:net");
const [port, count, host] = process.argv.slice(1);
let open = 0;
const next = () => {
  if (open === Number(count)) return console.log("open");
  const socket = connect({ port: Number(port), host: "127.0.0.1" });
  socket.on("error", (error) => { console.error(error.message); process.exit(1); });
  socket.once("data", () => { open += 1; next(); });
  socket.write("GET / HTTP/1.1\\r\\nHost: " + host + "\\r\\n\\r\\n");
};
next();
`;

const origin = await rawOrigin();
const edge = await startWorld({
  hosts,
  gateways: [{ port: origin.port }, { port: origin.port }, { port: origin.port }],
});
const before = await rssKb();
const clients: ChildProcess = spawn(
  process.execPath,
  ["-e", CLIENTS, new URL(edge.url).port, String(connections), hosts[0] ?? ""],
  { stdio: ["ignore", "pipe", "inherit"] },
);
if (clients.stdout !== null) await once(clients.stdout, "data");
const after = await rssKb();
console.log(`${connections} idle connections: ${((after - before) / connections).toFixed(1)} KiB each`);

const gaps: number[] = [];
for (let round = 0; round < 5; round += 1) {
  await edge.publish();
  gaps.push(await longestTurnMs(() => edge.edge.refresh()));
}
console.log(
  `a new snapshot of ${hosts.length} hosts holds the loop for at most ${gaps.map((ms) => ms.toFixed(1)).join(", ")} ms`,
);
clients.kill();
process.exit(0);

async function rssKb(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? 0);
}

/**
 * The most that one turn of the loop takes of the processor while `act` goes on: on a machine that does other things as
 * well, the time between two turns says more about those.
 */
async function longestTurnMs(act: () => Promise<unknown>): Promise<number> {
  const cpuMs = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let longest = 0;
  let lastMs = cpuMs();
  let over = false;
  const turn = (): void => {
    const nowMs = cpuMs();
    longest = Math.max(longest, nowMs - lastMs);
    lastMs = nowMs;
    if (!over) setImmediate(turn);
  };
  setImmediate(turn);
  await act();
  over = true;
  return longest;
}
