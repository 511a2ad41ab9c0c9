/**
 * What it costs to read a large cluster: `node --expose-gc bench/reader.ts [SLICES] [ENDPOINTS]`, by default 10,000
 * EndpointSlices of 10 endpoints each, served by another process in pages.
 */
import { fork } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { apiReader } from "../src/kube/api-reader.ts";

const [slices = 10_000, endpoints = 10] = process.argv.slice(2).map(Number);

function slice(index: number): object {
  const service = `service-${Math.floor(index / 2)}`;
  return {
    metadata: {
      name: `${service}-${index % 2}`,
      namespace: `team-${index % 100}`,
      uid: `00000000-0000-0000-0000-${String(index).padStart(12, "0")}`,
      resourceVersion: String(1000 + index),
      creationTimestamp: "2026-11-24T20:00:00Z",
      generation: 3,
      labels: {
        "kubernetes.io/service-name": service,
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
      },
      managedFields: [
        { manager: "kube-controller-manager", operation: "Update", fieldsV1: { "f:endpoints": {}, "f:ports": {} } },
      ],
    },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    endpoints: Array.from({ length: endpoints }, (_, at) => ({
      addresses: [`10.${index >> 8}.${index & 255}.${at + 1}`],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `node-${index % 300}`,
      zone: `europe-west1-${"bcd"[index % 3]}`,
      targetRef: {
        kind: "Pod",
        name: `${service}-abcde`,
        namespace: `team-${index % 100}`,
        uid: "00000000-0000-0000-0000-000000000000",
      },
    })),
  };
}

/** The other process: a list in pages, and watches that stay open. */
function serve(): void {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://api");
    if (url.searchParams.has("watch")) return response.writeHead(200).flushHeaders();
    const isSlices = url.pathname.endsWith("/endpointslices");
    const from = Number(url.searchParams.get("continue") ?? 0);
    const to = Math.min(isSlices ? slices : 0, from + Number(url.searchParams.get("limit") ?? 500));
    const items = Array.from({ length: Math.max(0, to - from) }, (_, at) => slice(from + at));
    const more = isSlices && to < slices ? { continue: String(to) } : {};
    return void response.end(JSON.stringify({ metadata: { resourceVersion: "99999", ...more }, items }));
  });
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
}

async function measure(): Promise<void> {
  const child = fork(new URL(import.meta.url), process.argv.slice(2), { env: { ...process.env, BENCH_SERVE: "1" } });
  const port = await new Promise<number>((resolve) => child.once("message", (message) => resolve(Number(message))));
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  const reader = apiReader({ cluster: "large", server: `http://127.0.0.1:${port}` });
  await reader.start();
  const ms = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpu);
  const found = reader.observe().objects.endpointSlices.length;
  globalThis.gc?.();
  const bytes = process.memoryUsage().heapUsed - before;
  const { rss } = process.memoryUsage();
  console.log(
    `${found} slices of ${endpoints} endpoints read in ${ms.toFixed(0)} ms, ${((user + system) / 1000).toFixed(0)} ms of CPU`,
  );
  console.log(
    `${(bytes / (slices * endpoints)).toFixed(0)} bytes of heap per endpoint, ${(rss / 2 ** 20).toFixed(0)} MiB resident`,
  );
  await reader.close();
  child.kill();
}

if (process.env["BENCH_SERVE"] === "1") serve();
else await measure();
