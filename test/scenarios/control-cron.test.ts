/** The control function on Workers: the bundle in the real workerd, its store over HTTP or in a bucket, a real agent. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { controlCron } from "../../scripts/bundle-cron.ts";
import { loadSnapshot } from "../../src/core/snapshot/load.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { s3Store } from "../../src/store/s3.ts";
import { sha256Hex } from "../../src/store/signature.ts";
import type { Store } from "../../src/store/store.ts";
import { textStore } from "../../src/store/text.ts";
import { readJsonFile } from "../build/json-file.ts";
import { type Closing, temporaryFolder } from "../build/files-edge.ts";
import { kubeconfigOf } from "../build/kube-api.ts";
import { runCli, runCliWith } from "../build/run-cli.ts";
import { startWorkerdCron, type WorkerdCron } from "../build/workerd-cron.ts";
import { startSimApi } from "../kube/sim-api.ts";
import { startS3Server } from "../store/s3/server.ts";
import { startStoreApi } from "../../workers/node-admin.ts";
import { readPublicKeys } from "../../workers/key-files.ts";
import { eventually } from "./until.ts";

const CONFIG = `apiVersion: portolan.dev/v1alpha1
kind: Cluster
metadata: { name: fra }
spec: { provider: gcp, region: europe-west3, access: { agent: true }, gateway: { connectHost: fra.example.org } }
---
apiVersion: portolan.dev/v1alpha1
kind: Cluster
metadata: { name: eu }
spec: { provider: gcp, region: europe-west1, access: { agent: true }, gateway: { connectHost: eu.example.org } }
`;
const INGRESS = (name: string) => `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name}, namespace: default }
spec:
  rules:
    - host: ${name}.example.org
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
`;

/** What is the same for each test; bundling takes seconds. */
const code = await controlCron();

let closing: Closing = [];
let dir = "";
const file = (name: string) => join(dir, name);
beforeEach(async () => {
  closing = [];
  dir = await temporaryFolder(closing);
  await runCli("keys", file("control"), "--id", "k1");
  for (const name of ["fra", "eu"]) await runCli("keys", file(name), "--id", name);
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

async function worker(bindings: Readonly<Record<string, unknown>>): Promise<WorkerdCron> {
  const agents = {
    ...(await readJsonFile(file("fra/public-keys.json"))),
    ...(await readJsonFile(file("eu/public-keys.json"))),
  };
  const started = await startWorkerdCron(code, {
    SIGNING_KEY: JSON.stringify(await readJsonFile(file("control/signing.jwk"))),
    AGENT_KEYS: agents,
    ALLOW_PRIVATE_ORIGINS: "true",
    ...bindings,
  });
  closing.push(started.close);
  return started;
}

/** A cluster with one Service, and an agent that sends to the Worker; the agent ends when it is told to. */
async function cluster(name: string, to: string) {
  const api = await startSimApi();
  closing.push(api.close);
  await api.create("web", 80);
  await writeFile(file(`${name}.kubeconfig`), kubeconfigOf({ private: api.access.server }));
  const stop = Promise.withResolvers<void>();
  const args = ["--cluster", name, "--to", to, "--key", file(`${name}/signing.jwk`), "--heartbeat", "200ms"];
  const agent = runCliWith({ untilStopped: () => stop.promise }, [
    "agent",
    ...args,
    "--kubeconfig",
    file(`${name}.kubeconfig`),
  ]);
  const end = async () => {
    stop.resolve();
    await agent;
  };
  closing.push(end);
  return { api, end };
}

/** As an edge would: the hosts of the snapshot, and the clusters that answer for them. */
async function served(store: Store) {
  const verify = await readPublicKeys(file("control/public-keys.json"));
  const source = { get: textStore(store).get, digest: sha256Hex, verify, audience: "portolan" };
  const loaded = await loadSnapshot(source, null);
  if (loaded.result !== "loaded") return null;
  const { hosts } = loaded.loaded.snapshot;
  return hosts.map(({ host, services }) => {
    const clusters = services.flatMap(({ backends }) => backends.map((one) => one.cluster));
    return `${host}: ${clusters.toSorted().join(" ")}`;
  });
}

const outcomes = (worker: WorkerdCron) =>
  [...worker.output().matchAll(/"outcome":"([a-z-]+)"/g)].map(([, outcome]) => outcome);

async function httpWorld(more: Readonly<Record<string, unknown>> = {}) {
  const store = memoryStore();
  const slow = { ms: 0 };
  const slowed: Store = {
    ...store,
    async get(key) {
      await new Promise((resolve) => setTimeout(resolve, slow.ms));
      return await store.get(key);
    },
  };
  const api = await startStoreApi({ host: "127.0.0.1", port: 0 }, { store: slowed, may: () => true, changes: null });
  closing.push(api.close);
  const text = textStore(store);
  await text.put("config.yaml", CONFIG + INGRESS("shop"), "any");
  return { store, text, slow, worker: await worker({ STORE_URL: api.url, ...more }) };
}

describe("workers/control-cron.ts in workerd", () => {
  it("compiles what agents of two clusters sent, and follows them and the config", async () => {
    const { store, text, worker: cron } = await httpWorld();
    const fra = await cluster("fra", cron.url);
    await cluster("eu", cron.url);
    await eventually(
      async () => (await store.list("agents/")).filter((key) => key.endsWith("/head")),
      (heads) => heads.length === 2,
    );
    expect(await cron.trigger()).toBe("ok");
    expect(await served(store)).toEqual(["shop.example.org: eu fra"]);
    expect(await cron.trigger()).toBe("ok");
    expect(outcomes(cron)).toEqual(["published", "unchanged"]);

    await text.put("config.yaml", CONFIG + INGRESS("shop") + INGRESS("more"), "any");
    await cron.trigger();
    expect(await served(store)).toEqual(["more.example.org: eu fra", "shop.example.org: eu fra"]);
    // What goes from the config was seen to go, although nothing runs in between.
    await text.put("config.yaml", CONFIG + INGRESS("shop"), "any");
    await cron.trigger();
    expect(await served(store)).toEqual(["shop.example.org: eu fra"]);

    // An agent that falls silent is no cluster without backends.
    await fra.end();
    await cron.trigger();
    expect(await served(store)).toEqual(["shop.example.org: eu fra"]);
  }, 30_000);

  it("writes into a bucket, and says in the overlay whose agent is silent", async () => {
    const s3 = await startS3Server();
    closing.push(s3.close);
    const bucket = { bucket: "state", region: "eu-central-1", endpoint: s3.url, prefix: "portolan/" };
    const keys = { accessKeyId: "AKID", secretAccessKey: "secret" };
    const credentials = async () => ({ ...keys, sessionToken: null });
    const store = s3Store({ ...bucket, credentials, now: Date.now, random: Math.random });
    await textStore(store).put("config.yaml", CONFIG + INGRESS("shop"), "any");
    const cron = await worker({
      S3_BUCKET: "state",
      S3_ENDPOINT: s3.url,
      S3_REGION: "eu-central-1",
      S3_PREFIX: "portolan",
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      SILENCE_SECONDS: "1",
    });
    const fra = await cluster("fra", cron.url);
    await eventually(
      () => store.list("agents/fra/"),
      (all) => all.length > 1,
    );
    expect(await cron.trigger()).toBe("ok");
    expect(await served(store)).toEqual(["shop.example.org: fra"]);
    await fra.end();
    const api = async () => {
      await cron.trigger();
      const overlay = JSON.parse((await textStore(store).get("overlay")) ?? "{}") as {
        clusters?: { cluster: string; api: string; cause: string | null }[];
      };
      return overlay.clusters?.find((one) => one.cluster === "fra");
    };
    const silent = await eventually(api, (one) => one?.api === "unreachable");
    expect(silent?.cause).toMatch(/^Cannot read cluster "fra": its agent is silent since /);
    expect(await served(store)).toEqual(["shop.example.org: fra"]);
  }, 30_000);

  it("lets one of two triggers run, ends cleanly when its time is up, and goes on the next time", async () => {
    const { store, slow, worker: cron } = await httpWorld({ BUDGET_SECONDS: "1" });
    await cluster("fra", cron.url);
    await eventually(
      () => store.list("agents/fra/"),
      (all) => all.length > 1,
    );
    slow.ms = 400;
    expect(await cron.trigger()).toBe("ok");
    expect(outcomes(cron)).toEqual(["out-of-time"]);
    expect(await served(store)).toBeNull();
    slow.ms = 20;
    expect(await Promise.all([cron.trigger(), cron.trigger()])).toEqual(["ok", "ok"]);
    expect(new Set(outcomes(cron).slice(1))).toEqual(new Set(["leased", "published"]));
    expect(await served(store)).toEqual(["shop.example.org: fra"]);
  }, 30_000);

  it("believes no agent whose key it does not know, and says what is not bound", async () => {
    const { store, worker: cron } = await httpWorld();
    const body = JSON.stringify({ payload: "{}", keyId: "fra", signature: "AAAA" });
    const post = async (name: string) =>
      (await fetch(`${cron.url}/observations/${name}`, { method: "POST", body })).status;
    expect([await post("fra"), await post("mars")]).toEqual([401, 401]);
    expect(await store.list("agents/")).toEqual([]);
    const unbound = await worker({ STORE_URL: "", SIGNING_KEY: "no JSON" });
    expect(await unbound.trigger()).toBe("exception");
    // What it wrote may come behind its answer.
    await expect.poll(unbound.output, { timeout: 10_000 }).toContain("Cannot start: SIGNING_KEY is no private JWK");
    expect(unbound.output()).not.toContain("no JSON");
  }, 30_000);
});
