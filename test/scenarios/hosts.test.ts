/** An Ingress appears: its host is attached, its certificate issued, and only then its DNS record written. */
import { type ChildProcess, spawn } from "node:child_process";
import { cp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import { readRecordSet } from "../../src/core/dns/record-shapes.ts";
import type { RecordSet } from "../../src/core/dns/records.ts";
import { txtText } from "../../src/core/dns/txt-text.ts";
import { list, parse, record } from "../../src/core/snapshot/guard.ts";
import { makeKeys } from "../../workers/key-files.ts";
import { syncOnce } from "../../workers/sync.ts";
import { type Closing, temporaryFolder } from "../build/files-edge.ts";
import { runCliWith } from "../build/run-cli.ts";
import { startCustomHostnames, TOKEN } from "../hosts/custom-hostnames-server.ts";
import { eventually } from "./until.ts";

const ROOT = join(import.meta.dirname, "../..");
const HOST = "shop.example.org";
const TARGET = "edge.example.net";
const closing: Closing = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const ingress = (name: string, host: string) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name}, namespace: shop }
spec:
  rules:
    - host: ${host}
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: cart, port: { number: 80 } } } }] }
`;

const readSets = record<{ sets: readonly RecordSet[] }>({ sets: list(readRecordSet, 1000) });

/** Three clusters in files, a zone in a file, and a platform that looks its proofs up in that zone. */
async function world() {
  const dir = await temporaryFolder(closing);
  await cp(join(ROOT, "examples/three-clusters"), join(dir, "manifests"), { recursive: true });
  await rm(join(dir, "manifests/shop.yaml"));
  await makeKeys(join(dir, "keys"), "k1");
  await writeFile(join(dir, "keys/cloudflare"), TOKEN);
  const sets = async () => {
    const parsed = parse(readSets, await readFile(join(dir, "zones/example.org.json"), "utf8").catch(() => "null"));
    return parsed.ok ? parsed.value.sets : [];
  };
  const platformSees = { dns: false };
  const server = await startCustomHostnames(async (name) =>
    (platformSees.dns ? await sets() : []).flatMap((set) =>
      set.name === name && set.type === "TXT" ? set.values.map((value) => txtText(value) ?? "") : [],
    ),
  );
  closing.push(server.close);
  const hosts = `hosts: { attach: { type: cloudflare, zoneId: ${server.zoneId}, token: { file: keys/cloudflare }, url: "${server.url}" } }`;
  await writeFile(
    join(dir, "portolan.yaml"),
    `apiVersion: portolan.dev/v1alpha1
kind: Control
metadata: { name: control }
spec:
  config: { directory: manifests }
  store: { file: state }
  signingKey: keys/signing.jwk
  admin: "127.0.0.1:0"
  interval: 500ms
  edgeAddresses: [${TARGET}]
  dns:
    owner: east
    ttl: 1s
    edges: [{ name: workers, hostName: ${TARGET}, ${hosts} }]
    zones: [{ name: example.org, provider: { type: file, path: zones } }]
`,
  );
  const names = async () => (await sets()).map(({ name, type, values }) => `${name} ${type} ${values.join(" ")}`);
  const isMoved = async (host: string) => (await names()).includes(`${host} CNAME ${TARGET}`);
  const add = (name: string, host: string) => writeFile(join(dir, "manifests", `${name}.yaml`), ingress(name, host));
  return { dir, file: join(dir, "portolan.yaml"), server, platformSees, names, isMoved, add };
}

async function control(file: string): Promise<{ readonly process: ChildProcess; readonly admin: string }> {
  const args = [join(ROOT, "bin/portolan.mjs"), "control", "--config", file];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  closing.push(() => void child.kill("SIGKILL"));
  for await (const line of createInterface({ input: child.stdout })) {
    const admin = /^admin +(http\S+)$/.exec(line)?.[1];
    if (admin !== undefined) return { process: child, admin };
  }
  throw new Error("Cannot start control: it ended");
}

const status = async (admin: string) => (await runCliWith({}, ["status", "--admin", admin])).out;

/** Waits until control has looked at everything three more times. */
async function reconciled(admin: string): Promise<void> {
  const looks = async () => {
    const text = await (await fetch(`${admin}/metrics`)).text();
    const counts = [...text.matchAll(/^portolan_control_reconciles_total\{[^}]*\} (\d+)$/gm)];
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  };
  const before = await looks();
  await eventually(looks, (count) => count >= before + 3);
}

describe("portolan control with hosts to attach", () => {
  it("attaches, waits, is killed, goes on, and moves DNS only once the certificate is there", async () => {
    const { dir, file, server, platformSees, names, isMoved, add } = await world();
    const first = await control(file);
    await add("cart", HOST);
    await eventually(
      () => names(),
      (all) => all.some((line) => line.startsWith(`_acme-challenge.${HOST} TXT`)),
    );
    expect(server.held.map(({ hostname }) => hostname)).toEqual([HOST]);
    expect(await isMoved(HOST)).toBe(false);
    expect(await status(first.admin)).toMatch(
      /HOST +EDGE +STATE +WAITS FOR\nshop\.example\.org +workers +waiting +TXT _cf-custom-hostname\.shop\.example\.org "proof-c1"/,
    );
    const wide = await runCliWith({}, ["get", "ingresses", "-o", "wide", "--admin", first.admin]);
    expect(wide.out).toContain(`${HOST}: workers: TXT _cf-custom-hostname.${HOST} "proof-c1"`);
    first.process.kill("SIGKILL");

    platformSees.dns = true;
    const second = await control(file);
    await eventually(() => isMoved(HOST), Boolean);
    await eventually(
      () => status(second.admin),
      (text) => text.includes("1 of 1 hosts are ready at their edges"),
    );
    expect(server.held.map(({ hostname }) => hostname)).toEqual([HOST]);

    // The source of the Ingress is away, which explains nothing.
    await rename(join(dir, "manifests"), join(dir, "away"));
    await reconciled(second.admin);
    expect([await isMoved(HOST), server.held.length]).toEqual([true, 1]);
    await rename(join(dir, "away"), join(dir, "manifests"));
    await reconciled(second.admin);
    expect([await isMoved(HOST), server.held.length]).toEqual([true, 1]);

    // The Ingress is deleted: first the name goes, then, when nobody remembers it, the host.
    await rm(join(dir, "manifests/cart.yaml"));
    await eventually(
      () => isMoved(HOST),
      (moved) => !moved,
    );
    expect(server.held.length).toBe(1);
    expect(await status(second.admin)).toMatch(/shop\.example\.org +workers +leaving +/);
    await eventually(
      () => Promise.resolve(server.held.length),
      (count) => count === 0,
      40_000,
    );
  }, 90_000);
});

describe("portolan sync with hosts to attach", () => {
  it("goes on where the run before it ended, and one host's refusal stops no other", async () => {
    const { file, server, platformSees, isMoved, add } = await world();
    platformSees.dns = true;
    await add("cart", HOST);
    // A name that Cloudflare refuses for its last label.
    await add("local", "shop.example.o1");
    const said: string[] = [];
    const note = (text: string) => void said.push(text);
    const sync = () => syncOnce({ file }, { out: note, err: note });
    await sync();
    expect(await isMoved(HOST)).toBe(false);
    await sync();
    expect(await isMoved(HOST)).toBe(true);
    expect(server.held.map(({ hostname }) => hostname)).toEqual([HOST]);
    expect(said.join("")).toContain(
      "host shop.example.o1 at workers: waits for the edge to take the host: HTTP 400 1407 Invalid custom hostname.",
    );
  });
});
