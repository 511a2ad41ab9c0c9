import { execFile, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Running } from "../../../src/cli/deps.ts";
import { startControl } from "../../../workers/control.ts";
import { runCli } from "../../build/run-cli.ts";
import { eventually } from "../../scenarios/until.ts";
import { kubeFolder } from "./build.ts";
import { type RealClusters, startClusters, whyNoClusters } from "./clusters.ts";
import { differences, everything, everythingSettled, type Operator, operator } from "./operator.ts";
import { type RunningProcess, start } from "./process.ts";
import { makeNode, makePod } from "./stand-in.ts";

const why = await whyNoClusters();
const ROOT = join(import.meta.dirname, "../../..");
const DEMO = join(ROOT, "examples/k8shserver");
const NAMES = ["us-east1", "europe-west1", "asia-east1"] as const;
const silent = { out: () => undefined, err: () => undefined };

describe.skipIf(why !== null)("the article's walk-through on real API servers", () => {
  let world: RealClusters;
  let person: Operator;
  let control: Running | null = null;
  const servers: RunningProcess[] = [];
  const edges: { url: string; stop: () => Promise<void> }[] = [];
  let before: Readonly<Record<string, string>> = {};

  /** One of the six scripts, with the person's own settings. */
  async function script(name: string, ...args: readonly string[]): Promise<string> {
    const env = {
      ...process.env,
      KUBECONFIG: world.kubeconfig,
      KUBECTL: join(await kubeFolder(), "kubectl"),
      PORTOLAN: `${process.execPath} ${join(ROOT, "bin/portolan.mjs")}`,
      DIR: person.folder,
      CLUSTERS: NAMES.map((one) => `existing ${one} ${one}`).join("\n"),
    };
    const { stdout, stderr } = await promisify(execFile)(join(DEMO, name), [...args], { env });
    return stdout + stderr;
  }

  beforeAll(async () => {
    world = await startClusters(NAMES);
    person = await operator(world);
    for (const name of NAMES) await makeNode(world, name);
    before = await everythingSettled(world.cluster("us-east1").client);
  }, 180_000);
  afterAll(async () => {
    for (const { stop } of edges) await stop();
    await control?.close();
    for (const server of servers) await server.kill();
    await person.close();
    await world.close();
  });

  it("3-init.sh guesses where the clusters are, from their nodes", async () => {
    await script("3-init.sh");
    const text = readFileSync(person.file("portolan.yaml"), "utf8");
    for (const name of NAMES) {
      expect(text).toContain(`  region: ${name} # 1 of 1 nodes: label topology.kubernetes.io/region: `);
    }
    expect(text).toContain("provider: gcp # 1 of 1 nodes: providerID begins with gce://");
    // Ports of our own, and what a cluster without load balancers needs.
    const own = text
      .replace("127.0.0.1:7181", "127.0.0.1:0")
      .replace("127.0.0.1:7180", "127.0.0.1:0")
      .replace(
        /^ {2}store:$/m,
        "  allowPrivateOrigins: true\n  edgeAddresses: [edge.example.org]\n  interval: 200ms\n  store:",
      );
    writeFileSync(person.file("portolan.yaml"), own);
  }, 60_000);

  it("4-join.sh joins all three and gives them the demo; again it changes nothing", async () => {
    const out = await script("4-join.sh");
    for (const name of NAMES) expect(out).toContain(`${name} is joined`);
    const joined = await everything(world.cluster("us-east1").client);
    const again = await script("4-join.sh");
    expect(again.match(/nothing to do/g)).toHaveLength(3);
    expect(await everything(world.cluster("us-east1").client)).toEqual(joined);
  }, 120_000);

  it("get clusters shows them ready; the converted Ingress is routed, and kubectl shows its ADDRESS", async () => {
    for (const name of NAMES) servers.push(await start(...(await makePod(world, name))));
    control = await startControl({ file: person.file("portolan.yaml") }, silent);
    const admin = /admin +(\S+)/.exec(control.banner.join("\n"))?.[1] ?? "";
    for (const name of NAMES) {
      const { out } = await runCli("convert", "-f", join(DEMO, "ingress-v1beta1.yaml"), "--class", "portolan");
      expect(await world.kubectl(name, ["apply", "-f", "-"], out)).toContain(
        "ingress.networking.k8s.io/k8shserver created",
      );
    }
    const table = async (...args: readonly string[]) =>
      (await runCli("get", ...args, "--admin", admin)).out
        .trimEnd()
        .split("\n")
        .slice(1)
        .map((line) => line.split(/ {3,}/));
    const rows = await eventually(
      () => table("clusters"),
      (all) => all.length === 3 && all.every((cells) => cells[1] === "Ready" && cells[5] === "1/1"),
      30_000,
    );
    expect(rows.map((cells) => cells.slice(0, 6))).toEqual([
      ["asia-east1", "Ready", "asia-east1", "reachable", "serving", "1/1"],
      ["europe-west1", "Ready", "europe-west1", "reachable", "serving", "1/1"],
      ["us-east1", "Ready", "us-east1", "reachable", "serving", "1/1"],
    ]);
    expect((await table("ingresses")).map((cells) => cells.slice(0, 6))).toEqual([
      ["default", "k8shserver", "portolan", "*", "edge.example.org", "80"],
    ]);
    for (const name of NAMES) {
      const shown = await eventually(
        () => world.kubectl(name, ["get", "ingress", "k8shserver"]),
        (text) => text.includes("edge.example.org"),
      );
      expect(shown.split("\n")[1]).toMatch(/^k8shserver +portolan +\* +edge\.example\.org +80 /);
    }
  }, 120_000);

  it("each of two places gets its nearest cluster", async () => {
    const store = /store +(\S+)/.exec(control?.banner.at(1) ?? "")?.[1] ?? "";
    const zones: string[] = [];
    for (const place of ["gcp/us-east1", "gcp/europe-west1"]) {
      const child = spawn(
        process.execPath,
        [
          join(ROOT, "bin/portolan.mjs"),
          "edge",
          "--store",
          store,
          "--public-keys",
          person.file(".portolan/public-keys.json"),
          "--listen",
          "127.0.0.1:0",
          "--location",
          place,
          "--allow-private-origins",
        ],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      let said = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
      const stop = async () => {
        const ended = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGTERM");
        await ended;
      };
      edges.push({ url: "", stop });
      const url = await eventually(
        () => Promise.resolve(/http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? ""),
        (one) => one !== "",
        60_000,
      );
      edges[edges.length - 1] = { url, stop };
      // At once: on one machine all clusters are equally near, which an edge knows as soon as it has measured three times.
      const zone = await eventually(
        async () => {
          const { stdout } = await promisify(execFile)("curl", ["-s", `${url}/`]).catch(() => ({ stdout: "" }));
          return stdout.trim();
        },
        (body) => body.includes("zone"),
        60_000,
      );
      zones.push(zone);
    }
    expect(zones).toEqual([
      '{"hostname":"k8shserver-us-east1","zone":"us-east1"}',
      '{"hostname":"k8shserver-europe-west1","zone":"europe-west1"}',
    ]);
  }, 180_000);

  it("5-destroy.sh leaves nothing of ours, in the clusters and here", async () => {
    await control?.close();
    control = null;
    const out = await script("5-destroy.sh");
    expect(out).toContain("Portolan owns nothing");
    const demo = ["ingress/k8shserver", "service/k8shserver", "deployment/k8shserver", "ingressclass/portolan"];
    await world.kubectl("us-east1", ["delete", ...demo]);
    const left = await eventually(
      async () => differences(before, await everything(world.cluster("us-east1").client)),
      (all) => all.length === 0,
      60_000,
    );
    expect(left).toEqual([]);
  }, 120_000);
});
