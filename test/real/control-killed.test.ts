/**
 * kill -9 of the control function in the middle of a loop. Twenty moments, since each costs the start of a process;
 * `PORTOLAN_KILLS=200` for more.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { loadSnapshot } from "../../src/core/snapshot/load.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { sha256Hex } from "../../src/store/signature.ts";
import type { Store } from "../../src/store/store.ts";
import { textStore } from "../../src/store/text.ts";
import { startStoreApi } from "../../workers/node-admin.ts";
import { random } from "../build/random.ts";

const MAIN = join(import.meta.dirname, "../control/reconcile-main.ts");
const MOMENTS = Number(process.env["PORTOLAN_KILLS"] ?? "20");
const HOSTS = 12;

const CONFIG =
  "apiVersion: portolan.dev/v1alpha1\nkind: Cluster\nmetadata: { name: fra }\nspec: { location: { latitude: 50, longitude: 8 } }\n";

/** Every host changes with each round, so that half of one round beside half of another would show. */
function manifests(round: number): { config: string; member: string } {
  const port = 1000 + round;
  const services = Array.from({ length: HOSTS }, (_, index) => {
    const name = `s${index}`;
    const backend = `{ service: { name: ${name}, port: { number: 80 } } }`;
    return `---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { ports: [{ port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}-1, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
ports: [{ port: ${port} }]
endpoints: [{ addresses: [192.0.2.1], conditions: { ready: true } }]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name} }
spec: { rules: [{ host: ${name}.example.org, http: { paths: [{ path: /, pathType: Prefix, backend: ${backend} }] } }] }
`;
  });
  return { config: CONFIG, member: services.join("") };
}

interface Writer {
  readonly process: ChildProcess;
  line(): Promise<string | null>;
}

function startWriter(url: string): Writer {
  const child = spawn(process.execPath, [MAIN, url], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    process: child,
    async line() {
      const next = await lines.next();
      return next.done === true ? null : next.value;
    },
  };
}

it("a control function that is killed leaves one snapshot at each moment, and the next one converges in one loop", async () => {
  const memory = memoryStore();
  let writes = 0;
  let onWrite: (count: number) => void = () => undefined;
  const counted: Store = {
    ...memory,
    async put(key, value, condition) {
      writes += 1;
      onWrite(writes);
      return await memory.put(key, value, condition);
    },
  };
  const api = await startStoreApi({ host: "127.0.0.1", port: 0 }, { store: counted, may: () => true, changes: null });
  const text = textStore(memory);
  const served = async () => {
    const loaded = await loadSnapshot({ get: text.get, digest: sha256Hex, verify: null, audience: "test" }, null);
    if (loaded.result !== "loaded") throw new Error(`Cannot load what was left: ${JSON.stringify(loaded)}`);
    const { snapshot, manifest } = loaded.loaded;
    const ports = snapshot.hosts.flatMap((host) =>
      host.services.flatMap((one) => one.backends.flatMap(({ origins }) => origins?.map(({ port }) => port) ?? [])),
    );
    return {
      rounds: [...new Set(ports)].map((port) => port - 1000),
      hosts: snapshot.hosts.length,
      generation: manifest.generation,
    };
  };
  const next = random(20_261_124);
  let writer = startWriter(api.url);
  expect(await writer.line()).toBe("ready");
  writer.process.stdin?.write(`${JSON.stringify(manifests(0))}\n`);
  expect(await writer.line()).toBe('{"outcome":"published"}');
  // A loop without a kill says how many writes it has.
  writes = 0;
  writer.process.stdin?.write(`${JSON.stringify(manifests(1))}\n`);
  expect(await writer.line()).toBe('{"outcome":"published"}');
  const perLoop = writes;
  let inTheMiddle = 0;
  let generation = (await served()).generation;
  for (let round = 2; round < MOMENTS + 2; round++) {
    const standby = startWriter(api.url);
    expect(await standby.line()).toBe("ready");
    // Between the first and the last write of the loop, before or after the store has carried it out.
    const at = 1 + Math.floor(next() * perLoop);
    const delayMs = next() * 4;
    writes = 0;
    const { promise: due, resolve } = Promise.withResolvers<void>();
    onWrite = (count) => {
      if (count === at) resolve();
    };
    writer.process.stdin?.write(`${JSON.stringify(manifests(round))}\n`);
    await due;
    if (delayMs > 1) await new Promise((done) => setTimeout(done, delayMs));
    writer.process.kill("SIGKILL");
    if ((await writer.line()) === null) inTheMiddle += 1;
    onWrite = () => undefined;
    const left = await served();
    // Never half of one round and half of another, and never older than before.
    expect(left.hosts).toBe(HOSTS);
    expect(left.rounds).toHaveLength(1);
    expect([round - 1, round]).toContain(left.rounds[0]);
    expect(left.generation).toBeGreaterThanOrEqual(generation);
    standby.process.stdin?.write(`${JSON.stringify(manifests(round))}\n`);
    expect(['{"outcome":"published"}', '{"outcome":"unchanged"}']).toContain(await standby.line());
    const healed = await served();
    expect(healed.rounds).toEqual([round]);
    generation = healed.generation;
    writer = standby;
  }
  writer.process.kill("SIGKILL");
  await api.close();
  console.log(`${inTheMiddle} of ${MOMENTS} kills between the first and the last of ${perLoop} writes`);
  expect(inTheMiddle).toBeGreaterThanOrEqual(MOMENTS * 0.75);
}, 3_600_000);
