/** `portolan edge --processes`: the whole program, since processes are what it is about. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ask } from "../conformance/edge-client.ts";
import { HOST, startEdgeWorld } from "../conformance/edge-world.ts";
import { type Closing, namedOrigin, shopYaml, temporaryFolder } from "../build/files-edge.ts";
import { eventually } from "./until.ts";

const closing: Closing = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const ROOT = join(import.meta.dirname, "..", "..");

interface Program {
  readonly child: ChildProcess;
  readonly url: string;
  readonly admin: string;
  readonly errors: () => string;
}

async function start(...more: string[]): Promise<Program> {
  return await run(...(await fromFiles()), ...more);
}

async function fromFiles(): Promise<readonly string[]> {
  const from = await temporaryFolder(closing);
  const { port } = await namedOrigin("one", closing);
  await mkdir(join(from, "one"));
  await writeFile(
    join(from, "one.yaml"),
    "apiVersion: portolan.dev/v1alpha1\nkind: Cluster\nmetadata: { name: one }\nspec: { provider: gcp, region: us-east1 }\n",
  );
  await writeFile(join(from, "one", "shop.yaml"), shopYaml(port));
  await writeFile(
    join(from, "shop.yaml"),
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: shop }\nspec: { rules: [{ host: shop.example.org, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: shop, port: { number: 80 } } } }] } }] }\n",
  );
  return ["--from", from];
}

async function run(...more: readonly string[]): Promise<Program> {
  const args = ["edge", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--allow-private-origins", ...more];
  const child = spawn(process.execPath, [join(ROOT, "workers/cli.ts"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  closing.push(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  let [text, errors] = ["", ""];
  child.stdout.on("data", (bytes: Buffer) => (text += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => (errors += bytes.toString()));
  const found = (word: string) => new RegExp(`${word} +(http:\\S+)`).exec(text)?.[1] ?? "";
  await eventually(
    () => Promise.resolve(found("admin")),
    (admin) => admin !== "",
    90_000,
  );
  return { child, url: found("edge"), admin: found("admin"), errors: () => errors };
}

const edgesIn = (text: string) => new Set([...text.matchAll(/portolan_edge="([^"]+)"/g)].map(([, name]) => name));

describe("portolan edge --processes", () => {
  it("serves from each on one port, shows all of them on one page, and ends with its children", async () => {
    const { child, url, admin } = await start("--processes", "2");
    for (let index = 0; index < 8; index += 1) expect((await ask(url, "/")).text).toBe("one");
    const page = (await ask(admin, "/metrics", { host: "127.0.0.1" })).text;
    expect(edgesIn(page)).toEqual(new Set(["edge-1", "edge-2"]));
    // Taken by turns: connections that were opened one after the other are at both.
    for (const name of ["edge-1", "edge-2"]) {
      expect(page).toMatch(
        new RegExp(`portolan_requests_total\\{portolan_edge="${name}",portolan_cluster="one"\\} [1-7]\n`),
      );
    }
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
    await expect(ask(url, "/")).rejects.toThrow(/ECONNREFUSED/);
  }, 150_000);

  it("goes on while one of them is killed, and starts another in its place", async () => {
    const { url, admin, errors } = await start("--processes", "2");
    const pids = /"pid":(\d+)/g;
    const started = [...errors().matchAll(pids)].map(([, pid]) => Number(pid));
    expect(started).toHaveLength(2);
    process.kill(started[0] ?? 0, "SIGKILL");
    // Until its end is known, connections are handed to it: those are the ones that are lost with it.
    await eventually(
      () => Promise.resolve(errors()),
      (text) => text.includes('"event":"process-ended"'),
    );
    const statuses: number[] = [];
    await eventually(
      async () => {
        statuses.push((await ask(url, "/")).status);
        return [...errors().matchAll(pids)].length;
      },
      (count) => count === 3,
      60_000,
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(edgesIn((await ask(admin, "/metrics", { host: "127.0.0.1" })).text).size).toBe(2);
  }, 150_000);

  it("replaces them on SIGHUP without a failed request", async () => {
    const { child, url, errors } = await start("--processes", "2");
    child.kill("SIGHUP");
    const statuses: number[] = [];
    await eventually(
      async () => {
        statuses.push((await ask(url, "/")).status);
        return [...errors().matchAll(/"event":"process-ready"/g)].length;
      },
      (count) => count === 4,
      90_000,
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(child.exitCode).toBeNull();
  }, 150_000);

  it("follows a store, keeps what it served for a start without it, and shows its decisions", async () => {
    const folder = await temporaryFolder(closing);
    let program: Program | null = null;
    const world = await startEdgeWorld({
      name: "processes",
      provesUnsent: true,
      hostOverride: "any",
      async start({ storeUrl, publicKeys, audience, location }) {
        await writeFile(join(folder, "keys.json"), JSON.stringify(publicKeys));
        const place = `${location?.latitude},${location?.longitude}`;
        const where = ["--store", storeUrl, "--public-keys", join(folder, "keys.json"), "--audience", audience];
        const own = ["--location", place, "--cache", join(folder, "cache"), "--processes", "2"];
        const { child, ...more } = await run(...where, ...own);
        program = { child, ...more };
        return { url: more.url, close: () => Promise.resolve(void child.kill("SIGKILL")) };
      },
    });
    closing.push(world.close);
    await world.publish([HOST]);
    const edge = await world.start();
    const answer = async () => (await ask(edge.url, "/")).text;
    await eventually(answer, (text) => text === "fra");
    const { admin } = await started(() => program);
    const listening = await fetch(`${admin}/tap`);
    const reader = listening.body?.pipeThrough(new TextDecoderStream()).getReader();
    let heard = "";
    await eventually(
      async () => {
        await answer();
        await answer();
        heard += (await reader?.read())?.value ?? "";
        return new Set([...heard.matchAll(/"edge":"([^"]+)"/g)].map(([, name]) => name));
      },
      (edges) => edges.size === 2,
    );
    expect(heard).toMatch(/"edge":"edge-[12]".*"cluster":"fra"/);
    await reader?.cancel();
    const status = async () => (await (await fetch(`${admin}/status`)).json()) as { snapshot: { generation: number } };
    await eventually(status, ({ snapshot }) => snapshot.generation === 1);
    await world.publish([HOST], false, (snapshot) => ({
      ...snapshot,
      clusters: snapshot.clusters.map((cluster) => (cluster.name === "fra" ? { ...cluster, weight: 0 } : cluster)),
    }));
    await eventually(answer, (text) => text === "nyc");
    await eventually(status, ({ snapshot }) => snapshot.generation === 2);
    await eventually(
      () => readFile(join(folder, "cache", "values", "manifest"), "utf8").catch(() => ""),
      (text) => text.includes('generation\\":2'),
    );
    world.store.become("down");
    const second = await world.start();
    expect((await ask(second.url, "/")).text).toBe("nyc");
  }, 150_000);
});

async function started(program: () => Program | null): Promise<Program> {
  const found = await eventually(
    () => Promise.resolve(program()),
    (one) => one !== null,
  );
  if (found === null) throw new Error("no program");
  return found;
}
