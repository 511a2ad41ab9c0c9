/**
 * Requests against `portolan edge --processes 2` while its processes are replaced one after the other,
 * and its snapshot changes: how many fail. `node bench/rolling.ts [REQUESTS]`, 100,000 unless said otherwise.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const WANTED = Number(process.argv[2] ?? "100000");
const CONNECTIONS = 32;
const RELOAD_MS = 10_000;
const CHANGE_MS = 500;

const folder = await mkdtemp(join(tmpdir(), "portolan-rolling-"));
const origin = createServer((_request, response) => response.end("ok"));
origin.keepAliveTimeout = 60_000;
origin.listen(0, "127.0.0.1");
await once(origin, "listening");
const { port } = origin.address() as AddressInfo;
await mkdir(join(folder, "one"));
await writeFile(
  join(folder, "one.yaml"),
  `apiVersion: portolan.dev/v1alpha1
kind: Cluster
metadata: { name: one }
spec: { provider: gcp, region: us-east1, gateway: { connectHost: 127.0.0.1, port: ${port}, protocol: http } }
`,
);
await writeFile(
  join(folder, "one", "shop.yaml"),
  "apiVersion: v1\nkind: Service\nmetadata: { name: shop }\nspec: { ports: [{ port: 80 }] }\n",
);
await publish(0);
const edge = spawn(
  process.execPath,
  [
    "workers/cli.ts",
    "edge",
    "--from",
    folder,
    "--listen",
    "127.0.0.1:0",
    "--processes",
    "2",
    "--allow-private-origins",
  ],
  { cwd: join(import.meta.dirname, ".."), stdio: ["ignore", "pipe", "pipe"] },
);
const url = await started(edge);
let [ended, ready] = [0, 0];
edge.stderr.on("data", (bytes: Buffer) => {
  const text = bytes.toString();
  ended += text.split("process-ended").length - 1;
  ready += text.split("process-ready").length - 1;
});
let [sent, failed, reloads, changes] = [0, 0, 0, 0];
const reasons = new Map<string, number>();
const reloading = setInterval(() => {
  reloads += 1;
  edge.kill("SIGHUP");
}, RELOAD_MS);
const changing = setInterval(() => {
  changes += 1;
  void publish(changes);
}, CHANGE_MS);
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const startedMs = performance.now();
await Promise.all(Array.from({ length: CONNECTIONS }, client));
const seconds = (performance.now() - startedMs) / 1000;
clearInterval(reloading);
clearInterval(changing);
const exit = once(edge, "exit");
edge.kill("SIGTERM");
const [code] = (await exit) as [number | null];
origin.close();
origin.closeAllConnections();
await rm(folder, { recursive: true });
console.log(
  `${sent} requests in ${seconds.toFixed(1)} s, ${reloads} times SIGHUP, ${ready} processes started, ${changes} snapshots: ${failed} failed; ` +
    `${ended} processes broke; exit ${code}`,
);
for (const [reason, count] of reasons) console.log(`  ${count} × ${reason}`);
process.exitCode = failed === 0 && code === 0 ? 0 : 1;

async function client(): Promise<void> {
  while (sent < WANTED) {
    sent += 1;
    const outcome = await ask();
    if (outcome === "200 ok") continue;
    failed += 1;
    reasons.set(outcome, (reasons.get(outcome) ?? 0) + 1);
  }
}

async function ask(): Promise<string> {
  return await new Promise((resolve) => {
    const outgoing = request(url, { agent, headers: { host: "shop.example.org" } }, (answer) => {
      let text = "";
      answer.on("data", (bytes: Buffer) => (text += bytes.toString()));
      answer.on("end", () => resolve(`${answer.statusCode} ${text}`));
      answer.on("error", (error) => resolve(String(error)));
    });
    outgoing.on("error", (error) => resolve(String(error)));
    outgoing.setTimeout(10_000, () => void outgoing.destroy(new Error("no answer in 10 s")));
    outgoing.end();
  });
}

/** A new snapshot each time: one more host. */
async function publish(number: number): Promise<void> {
  const hosts = ["shop.example.org", `h${number}.example.org`].map(
    (host) =>
      `    - { host: ${host}, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: shop, port: { number: 80 } } } }] } }\n`,
  );
  const head = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: shop }\nspec:\n  rules:\n";
  await writeFile(join(folder, "shop.yaml"), head + hosts.join(""));
}

async function started({ stdout }: ChildProcess): Promise<string> {
  let text = "";
  for (;;) {
    const [bytes] = (await once(stdout ?? process.stdin, "data")) as [Buffer];
    text += bytes.toString();
    const found = /edge +(http:\S+)/.exec(text)?.[1];
    if (found === undefined) continue;
    stdout?.resume();
    return found;
  }
}
