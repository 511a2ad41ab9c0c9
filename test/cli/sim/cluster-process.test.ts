import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type SimClusterProcess, startSimClusterProcess } from "../../../src/cli/sim/cluster-process.ts";
import type { SimClusterOptions } from "../../../src/cli/sim/messages.ts";
import { apiReader } from "../../../src/kube/api-reader.ts";
import { parseManifests } from "../../../src/kube/yaml.ts";
import { until } from "../../conformance/until.ts";

const manifests = ["ingress-v1beta1.yaml", "service.yaml"].flatMap((name) => {
  const text = readFileSync(join(import.meta.dirname, "../../../examples/k8shserver", name), "utf8");
  return parseManifests(text, name).documents.map(({ value }) => value);
});

let started: SimClusterProcess[] = [];
afterEach(async () => {
  await Promise.all(started.map((cluster) => cluster.kill()));
  started = [];
});

async function start(options: Partial<SimClusterOptions> = {}): Promise<SimClusterProcess> {
  const cluster = await startSimClusterProcess({
    name: "us-east1",
    zone: "us-east1-b",
    backends: 2,
    manifests,
    ...options,
  });
  started.push(cluster);
  return cluster;
}

test("startSimClusterProcess() starts backends that say where they are, and an API that lists them", async () => {
  const { addresses } = await start();
  const response = await fetch(`http://127.0.0.1:${addresses.backendPorts[0]}/any`);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(await response.text()).toMatch(
    /^\{"hostname":"k8shserver-[bcdfghjklmnpqrstvwxz2456789]{5}","zone":"us-east1-b"\}\n$/,
  );
  const echo = await fetch(`http://127.0.0.1:${addresses.backendPorts[1]}/echo?x=1`, { method: "POST", body: "abc" });
  expect(await echo.json()).toMatchObject({ method: "POST", path: "/echo?x=1", bodyBytes: 3, zone: "us-east1-b" });

  const reader = apiReader({ cluster: "us-east1", server: addresses.apiUrl });
  await reader.start();
  const { objects } = reader.observe();
  await reader.close();
  expect(objects.ingresses).toMatchObject([{ defaultBackend: { service: "k8shserver", port: "80" } }]);
  expect(objects.endpointSlices.map(({ service, ports }) => [service, ports[0]?.port])).toEqual(
    addresses.backendPorts.map((port) => ["k8shserver", port]),
  );
});

test("partitionApi() cuts the API off while the backends go on", async () => {
  const cluster = await start();
  const reader = apiReader(
    { cluster: "us-east1", server: cluster.addresses.apiUrl },
    { livenessIntervalMs: 50, livenessFailures: 2, backoff: { baseMs: 20, capMs: 100 } },
  );
  await reader.start();
  await cluster.partitionApi(true);
  const cut = await until(reader, ({ reachable }) => !reachable);
  expect(cut.objects.services).toHaveLength(1);
  expect((await fetch(`http://127.0.0.1:${cluster.addresses.backendPorts[0]}/`)).status).toBe(200);
  await cluster.partitionApi(false);
  await until(reader, ({ reachable }) => reachable);
  await reader.close();
});

test("kill() ends everything, and the same cluster starts again on its ports", async () => {
  const first = await start();
  await first.kill();
  await expect(fetch(first.addresses.apiUrl)).rejects.toThrow();
  const { apiPort, backendPorts } = first.addresses;
  const second = await start({ apiPort, backendPorts });
  expect(second.addresses).toEqual(first.addresses);
});

test("startSimClusterProcess() says why it cannot start", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  await expect(start({ apiPort: port })).rejects.toThrow(
    `Cannot start the cluster "us-east1": listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
  );
  await new Promise((resolve) => taken.close(resolve));
});
