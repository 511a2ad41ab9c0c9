import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Running } from "../../../src/cli/deps.ts";
import { contextAccess } from "../../../src/kube/access/context-access.ts";
import { loadKubeconfig } from "../../../src/kube/access/kubeconfig.ts";
import { apiClient } from "../../../src/kube/api-client.ts";
import { startControl } from "../../../workers/control.ts";
import { makeEdgeKey } from "../../../workers/edge-key-files.ts";
import { makeKeys } from "../../../workers/key-files.ts";
import { startStoreEdge } from "../../../workers/store-edge.ts";
import { selfSigned } from "../../build/certificate.ts";
import { storeEdgeOptions } from "../../build/store-edge.ts";
import { listenerOf } from "../../build/listener.ts";
import { address, ingress, shows, tlsSecret } from "../../build/tls-world.ts";
import { eventually } from "../../scenarios/until.ts";
import { INGRESS_CLASS, create } from "./backend.ts";
import { type RealClusters, startClusters, whyNoClusters } from "./clusters.ts";
import { differences, everything, everythingSettled, type Operator, operator, writeControl } from "./operator.ts";

const why = await whyNoClusters();
const HOST = "shop.example.org";
const CLUSTER = `---
apiVersion: portolan.dev/v1alpha1
kind: Cluster
metadata: { name: us }
spec: { provider: gcp, region: us-east1, access: { context: us } }
`;

describe.skipIf(why !== null)("Secrets of spec.tls in a real cluster", () => {
  let world: RealClusters;
  let person: Operator;
  const closing: (() => unknown)[] = [];
  const said: string[] = [];
  const deps = { out: () => undefined, err: (text: string) => void said.push(text) };
  const apply = (...objects: readonly object[]) =>
    world.kubectl("us", ["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
  const join = () => person.runHere("join", "us", "--write-back", "--tls-secrets");

  beforeAll(async () => {
    world = await startClusters(["us"]);
    person = await operator(world);
    const tls = "  tlsSecrets: { recipients: [keys/edge-public.json], interval: 1s }\n  interval: 300ms\n";
    await writeControl(person, `${tls}${CLUSTER}`);
    await makeKeys(person.file(".portolan"), "k1");
    await makeEdgeKey(person.file("keys"), "edge");
    await create(world.cluster("us"), [INGRESS_CLASS]);
    await world.kubectl("us", ["create", "namespace", "shop"]);
    await world.kubectl("us", ["create", "namespace", "evil"]);
  }, 120_000);
  afterAll(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await person.close();
    await world.close();
  });

  it("are read by name with Roles that name them, sealed, and shown by an edge; nothing else may be read", async () => {
    const { client: admin } = world.cluster("us");
    const before = await everythingSettled(admin);
    const [first, second, other] = [selfSigned(HOST), selfSigned(HOST), selfSigned("other.example.org")];
    const shop = ingress("shop", HOST, { hosts: [HOST], secretName: "shop-tls" });
    await apply(tlsSecret("shop-tls", first), tlsSecret("other-tls", other), shop);
    const { out } = await join();
    expect(out).toContain("create Role shop/portolan-tls: get secrets of shop-tls");

    // With the credentials of control: this one Secret by get, and nothing else of Secrets.
    const own = apiClient(
      contextAccess(await loadKubeconfig({ path: person.file(".portolan/clusters.kubeconfig") }), "us"),
    );
    closing.push(() => own.close());
    const secrets = "/api/v1/namespaces/shop/secrets";
    expect((await own.get(`${secrets}/shop-tls`)).ok).toBe(true);
    const refused = [
      await own.get(`${secrets}/other-tls`),
      await own.list(secrets),
      await own.list("/api/v1/secrets"),
      await own.get(`${secrets}?watch=true&fieldSelector=metadata.name%3Dshop-tls`),
      await own.delete(`${secrets}/shop-tls`),
      await own.merge(`${secrets}/shop-tls`, { data: {} }),
    ];
    expect(refused.map((answer) => (answer.ok ? "allowed" : answer.status))).toEqual([403, 403, 403, 403, 403, 403]);

    const control = await startControl({ file: person.file("portolan.yaml") }, deps);
    closing.push(control.close);
    const edge = await startEdge(person, deps);
    closing.push(edge.close);
    await eventually(
      () => shows(edge, HOST, first.cert),
      (result) => result === "ok",
      20_000,
    );
    await apply(tlsSecret("shop-tls", second));
    await eventually(
      () => shows(edge, HOST, second.cert),
      (result) => result === "ok",
      20_000,
    );

    // An Ingress that names another Secret waits for the right, is told of it, and has it after the next join.
    await apply(ingress("more", "other.example.org", { secretName: "other-tls" }));
    const events = async () => {
      const found = await admin.list("/apis/events.k8s.io/v1/namespaces/shop/events");
      return found.ok ? JSON.stringify(found.items) : found.cause;
    };
    const told = await eventually(events, (text) => text.includes("SecretForbidden"), 20_000);
    expect(told).toContain("portolan join --tls-secrets gives the right to get it");
    expect((await join()).out).toContain("change Role shop/portolan-tls: get secrets of other-tls, shop-tls");
    await eventually(
      () => shows(edge, "other.example.org", other.cert),
      (result) => result === "ok",
      30_000,
    );

    // Another namespace gets neither the host nor a name in front of it.
    const hijack = selfSigned(HOST);
    const evil = ingress("evil", HOST, { hosts: [HOST], secretName: "evil-tls" }, "evil");
    await apply(tlsSecret("evil-tls", hijack, "evil"), evil);
    await join();
    await eventually(
      () => readStatus(control),
      (text) => text.includes("HostConflict") && text.includes("TlsHostNotServed"),
      20_000,
    );
    expect(await shows(edge, HOST, hijack.cert)).not.toBe("ok");
    expect(await shows(edge, HOST, second.cert)).toBe("ok");

    // The right is taken away, then the API dies: the certificate stays.
    await world.kubectl("us", ["-n", "shop", "delete", "rolebinding", "portolan-tls"]);
    const forbidden = () => readStatus(control);
    await eventually(forbidden, (text) => text.includes('"reason":"SecretForbidden"'), 20_000);
    await world.cluster("us").killApi();
    await eventually(forbidden, (text) => text.includes('"reason":"SecretUnreadable"'), 30_000);
    const again = await startEdge(person, deps);
    closing.push(again.close);
    await eventually(
      () => shows(again, HOST, second.cert),
      (result) => result === "ok",
    );
    await world.cluster("us").startApi();

    const store = JSON.stringify(await everyFile(person.file(".portolan/state")));
    for (const { key } of [first, second, other, hijack]) {
      const [, line = ""] = key.split("\n");
      expect(store).not.toContain(line);
      expect(said.join("")).not.toContain(line);
      expect(await readStatus(control)).not.toContain(line);
      expect(await events()).not.toContain(line);
    }
    await closing.splice(-2, 1)[0]?.();
    await control.close();
    await world.kubectl("us", ["-n", "shop", "delete", "ingress,secret", "--all"]);
    await world.kubectl("us", ["-n", "evil", "delete", "ingress,secret", "--all"]);
    await person.runHere("unjoin", "us", "--no-drain");
    const left = await eventually(
      async () => differences(before, await everything(admin)),
      (all) => all.length === 0,
      60_000,
    );
    expect(left).toEqual([]);
  }, 240_000);
});

async function startEdge(person: Operator, deps: Parameters<typeof startStoreEdge>[1]): Promise<Running> {
  const listener = listenerOf([], false, [person.file("keys/edge.jwk")]);
  const options = storeEdgeOptions(person.file(".portolan"), {
    listener,
    store: person.file(".portolan/state"),
    name: "edge",
  });
  return await startStoreEdge(options, deps);
}

async function readStatus(control: Running): Promise<string> {
  return await (await fetch(`${address(control, "admin")}/status`)).text();
}

async function everyFile(folder: string): Promise<readonly string[]> {
  const { readdir } = await import("node:fs/promises");
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  return await Promise.all(
    files.filter((one) => one.isFile()).map((one) => readFile(`${one.parentPath}/${one.name}`, "utf8")),
  );
}
