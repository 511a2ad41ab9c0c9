import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { syncOnce } from "../../workers/sync.ts";
import { makeEdgeKey } from "../../workers/edge-key-files.ts";
import { selfSigned } from "../build/certificate.ts";
import type { Closing } from "../build/files-edge.ts";
import { address, askOn, handshake, ingress, shows, tlsSecret, tlsWorld } from "../build/tls-world.ts";
import { eventually } from "./until.ts";

const closing: Closing = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const HOST = "shop.example.org";
const TLS = { hosts: [HOST], secretName: "shop-tls" };

describe("portolan control with spec.tlsSecrets and portolan edge --edge-key", () => {
  it("ends TLS by SNI with the Secret of an Ingress, and takes a new one while connections go on", async () => {
    const world = await tlsWorld(closing);
    const [first, second] = [selfSigned(HOST), selfSigned(HOST)];
    world.put(tlsSecret("shop-tls", first));
    world.put(ingress("shop", HOST, TLS));
    const control = await world.control();
    const edge = await world.edge(address(control, "store"), { admin: { host: "127.0.0.1", port: 0 } });
    await eventually(
      () => shows(edge, HOST, first.cert),
      (result) => result === "ok",
    );
    expect((await fetch(`${address(edge, "admin")}/readyz`)).status).toBe(200);
    const open = await handshake(edge, HOST, first.cert);
    closing.push(() => open.destroy());
    expect(await askOn(open, HOST)).toBe("HTTP/1.1 200 OK");
    // A Secret is for its own names alone.
    expect(await shows(edge, "other.example.org", first.cert)).toMatch(/alert|ECONNRESET|disconnected/);

    world.put(tlsSecret("shop-tls", second));
    await eventually(
      () => shows(edge, HOST, second.cert),
      (result) => result === "ok",
    );
    expect(await shows(edge, HOST, first.cert)).not.toBe("ok");
    expect(await askOn(open, HOST)).toBe("HTTP/1.1 200 OK");
    expect(world.said.join("")).not.toContain("PRIVATE KEY");
  }, 30_000);

  it("keeps the certificate while the Secret may not be read, is gone or is bad, and says so of the Ingress", async () => {
    const world = await tlsWorld(closing);
    const good = selfSigned(HOST);
    world.put(tlsSecret("shop-tls", good));
    world.put(ingress("shop", HOST, TLS));
    const control = await world.control();
    const edge = await world.edge(address(control, "store"));
    await eventually(
      () => shows(edge, HOST, good.cert),
      (result) => result === "ok",
    );
    const list = async () => await readFile(join(world.dir, "state", "values", "keys", "list"), "utf8");
    const before = await list();
    const problems = async (): Promise<readonly { reason: string; object: string; message: string }[]> =>
      ((await (await fetch(`${address(control, "admin")}/status`)).json()) as { problems: [] }).problems;
    const reasons = async () => (await problems()).map(({ reason }) => reason);
    const troubles: readonly (readonly [string, () => void])[] = [
      ["SecretForbidden", () => world.cluster.api.permitSecrets(false)],
      ["SecretNotFound", () => world.remove("Secret", "shop", "shop-tls")],
      ["SecretInvalid", () => world.put({ ...tlsSecret("shop-tls", good), type: "Opaque" })],
      ["CertificateInvalid", () => world.put(tlsSecret("shop-tls", { ...selfSigned(HOST), key: good.key }))],
      ["CertificateNotForHost", () => world.put(tlsSecret("shop-tls", selfSigned("other.example.org")))],
      ["SecretUnreadable", () => void world.cluster.api.close()],
    ];
    for (const [reason, make] of troubles) {
      make();
      await eventually(reasons, (all) => all.includes(reason), 20_000);
      const [problem] = (await problems()).filter((one) => one.reason === reason);
      expect(problem?.object).toBe("Ingress shop/shop");
      expect(problem?.message).toMatch(/^Cannot use Secret shop\/shop-tls of cluster eu: .*edges go on with/);
      expect(await shows(edge, HOST, good.cert), reason).toBe("ok");
      // What was sealed is not written again.
      expect(await list(), reason).toBe(before);
      if (reason === "SecretUnreadable") break;
      world.cluster.api.permitSecrets(true);
      world.put(tlsSecret("shop-tls", good));
      await eventually(reasons, (all) => !all.some((one) => /^(?:Secret|Certificate)/.test(one)));
      expect(await list()).toBe(before);
    }
    expect(world.said.join("")).not.toContain("PRIVATE KEY");
  }, 90_000);

  it("starts without the store from what it kept, sealed", async () => {
    const world = await tlsWorld(closing);
    const good = selfSigned(HOST);
    world.put(tlsSecret("shop-tls", good));
    world.put(ingress("shop", HOST, TLS));
    const control = await world.control();
    const cache = join(world.dir, "cache");
    const edge = await world.edge(address(control, "store"), { cache });
    await eventually(
      () => shows(edge, HOST, good.cert),
      (result) => result === "ok",
    );
    await eventually(
      () => readFile(join(cache, "values", "manifest"), "utf8").catch(() => ""),
      (text) => text !== "",
    );
    await edge.close();
    await control.close();
    const again = await world.edge(address(control, "store"), { cache });
    const socket = await handshake(again, HOST, good.cert);
    closing.push(() => socket.destroy());
    expect(await askOn(socket, HOST)).toBe("HTTP/1.1 200 OK");
  }, 30_000);

  it("takes nothing that is changed, older or sealed to others, and goes on with what it has", async () => {
    const world = await tlsWorld(closing);
    const [first, second] = [selfSigned(HOST), selfSigned(HOST)];
    world.put(tlsSecret("shop-tls", first));
    world.put(ingress("shop", HOST, TLS));
    const control = await world.control();
    const state = join(world.dir, "state");
    const edge = await world.edge(state);
    await eventually(
      () => shows(edge, HOST, first.cert),
      (result) => result === "ok",
    );
    const file = join(state, "values", "keys", "list");
    const old = await readFile(file, "utf8");
    world.put(tlsSecret("shop-tls", second));
    await eventually(
      () => shows(edge, HOST, second.cert),
      (result) => result === "ok",
    );
    await control.close();
    const newest = await readFile(file, "utf8");
    const said = (text: string) =>
      eventually(
        () => Promise.resolve(world.said.join("")),
        (all) => all.includes(text),
      );
    await writeFile(file, old);
    await said("is older than");
    await writeFile(file, newest.replace("shop-tls", "evil-tls"));
    await said("is not signed by a key that is believed");
    expect(await shows(edge, HOST, second.cert)).toBe("ok");
    await writeFile(file, newest);

    await rm(file);
    const early = await world.edge(state, { admin: { host: "127.0.0.1", port: 0 } });
    expect(await (await fetch(`${address(early, "admin")}/readyz`)).text()).toContain("no list of certificates");
    await writeFile(file, newest);

    const stranger = await world.edge(state, {}, [await otherKey(world.dir)]);
    await said("it is not sealed to a key of this edge");
    expect(await shows(stranger, HOST, second.cert)).not.toBe("ok");
    expect(await shows(edge, HOST, second.cert)).toBe("ok");
  }, 30_000);

  it("takes what control pushes, and starts from it", async () => {
    const world = await tlsWorld(closing);
    const good = selfSigned(HOST);
    world.put(tlsSecret("shop-tls", good));
    world.put(ingress("shop", HOST, TLS));
    const more = { tokenFile: join(world.dir, "keys", "edge-token"), cache: join(world.dir, "received") };
    const receive = { receive: { host: "127.0.0.1", port: 0 } };
    const edge = await world.edge(receive, more);
    const receiver = address(edge, "receives");
    const text = await readFile(world.file, "utf8");
    await writeFile(
      world.file,
      text.replace("  store:", `  push: [{ url: "${receiver}", tokenFile: keys/edge-token }]\n  store:`),
    );
    expect((await fetch(`${receiver}/keys/list`, { method: "PUT", body: "{}" })).status).toBe(401);
    const control = await world.control();
    await eventually(
      () => shows(edge, HOST, good.cert),
      (result) => result === "ok",
    );
    const next = selfSigned(HOST);
    world.put(tlsSecret("shop-tls", next));
    await eventually(
      () => shows(edge, HOST, next.cert),
      (result) => result === "ok",
    );
    // The list and its one envelope: what it names no more is gone.
    await eventually(
      () => readdir(join(world.dir, "received", "values", "keys")),
      (there) => there.length === 2,
    );
    await control.close();
    await edge.close();
    const again = await world.edge(receive, more);
    expect(await shows(again, HOST, next.cert)).toBe("ok");
  }, 30_000);

  it("opens with a second key after a reload, so that one replaces the other without a gap", async () => {
    const world = await tlsWorld(closing);
    const good = selfSigned(HOST);
    world.put(tlsSecret("shop-tls", good));
    world.put(ingress("shop", HOST, TLS));
    const control = await world.control();
    const own = join(world.dir, "keys", "edge.jwk");
    const edge = await world.edge(address(control, "store"));
    await eventually(
      () => shows(edge, HOST, good.cert),
      (result) => result === "ok",
    );
    const fresh = await otherKey(world.dir);
    // Control seals to the new key alone: what this edge holds stays.
    await copyFile(join(world.dir, "others", "edge-public.json"), join(world.dir, "keys", "edge-public.json"));
    await eventually(
      () => Promise.resolve(world.said.join("")),
      (all) => all.includes("the one before stays: it is not sealed to a key of this edge"),
    );
    expect(await shows(edge, HOST, good.cert)).toBe("ok");
    await writeFile(own, "{}");
    await edge.reload?.();
    expect(world.said.join("")).toContain("Cannot use the new edge keys, the old ones stay");
    await copyFile(fresh, own);
    await edge.reload?.();
    const next = selfSigned(HOST);
    world.put(tlsSecret("shop-tls", next));
    await eventually(
      () => shows(edge, HOST, next.cert),
      (result) => result === "ok",
    );
  }, 30_000);

  it("is sealed by portolan sync, too, which tells before it publishes that nobody can open it", async () => {
    const world = await tlsWorld(closing);
    const good = selfSigned(HOST);
    world.put(tlsSecret("shop-tls", good));
    world.put(ingress("shop", HOST, TLS));
    const deps = { out: () => undefined, err: (text: string) => void world.said.push(text) };
    const open = join(world.dir, "keys", "edge-public.json");
    await rename(open, `${open}.away`);
    await expect(syncOnce({ file: world.file }, deps)).rejects.toThrow(`Cannot read ${open}`);
    await expect(readdir(join(world.dir, "state", "values"))).rejects.toThrow("ENOENT");
    await rename(`${open}.away`, open);
    expect(await syncOnce({ file: world.file }, deps)).toBe("published");
    const edge = await world.edge(join(world.dir, "state"));
    expect(await shows(edge, HOST, good.cert)).toBe("ok");
  }, 30_000);

  it("is the same in each of several processes", async () => {
    const world = await tlsWorld(closing);
    const [first, second] = [selfSigned(HOST), selfSigned(HOST)];
    world.put(tlsSecret("shop-tls", first));
    world.put(ingress("shop", HOST, TLS));
    await world.control();
    const keys = (name: string) => join(world.dir, "keys", name);
    const flags = ["--public-keys", keys("public-keys.json"), "--edge-key", keys("edge.jwk"), "--processes", "2"];
    const args = ["edge", "--store", join(world.dir, "state"), "--listen", "127.0.0.1:0", ...flags];
    const edge = await program(args);
    const all = async (cert: string) =>
      new Set(await Promise.all(Array.from({ length: 8 }, () => shows(edge, HOST, cert))));
    for (const { cert, key } of [first, second]) {
      world.put(tlsSecret("shop-tls", { cert, key }));
      await eventually(
        () => all(cert),
        (results) => results.size === 1 && results.has("ok"),
        20_000,
      );
    }
    expect(edge.said()).not.toContain("PRIVATE KEY");
  }, 180_000);
});

/** The whole program, since processes are what it is about. */
async function program(args: readonly string[]): Promise<{ banner: readonly string[]; said: () => string }> {
  const cli = join(import.meta.dirname, "..", "..", "workers", "cli.ts");
  const child = spawn(process.execPath, [cli, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  closing.push(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (bytes: Buffer) => (out += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => (err += bytes.toString()));
  await eventually(
    () => Promise.resolve(`${out}${err}`),
    () => /^edge +https:/m.test(out),
    90_000,
  );
  return { banner: out.split("\n"), said: () => out + err };
}

/** The private key of another edge. */
async function otherKey(dir: string): Promise<string> {
  await makeEdgeKey(join(dir, "others"), "edge-2");
  return join(dir, "others", "edge.jwk");
}
