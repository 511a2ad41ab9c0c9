import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { SnapshotBundle } from "../../src/core/snapshot/bundle.ts";
import { REST_KEY } from "../../src/core/snapshot/part.ts";
import { publishSnapshot } from "../../src/core/snapshot/publish.ts";
import { generateSigningKeys, manifestSigner, sha256Hex } from "../../src/store/signature.ts";
import { type Closing, temporaryFolder } from "../build/files-edge.ts";
import { runCli } from "../build/run-cli.ts";
import { type EdgeStoreServer, startEdgeStore } from "../conformance/edge-store.ts";
import { randomWorld } from "../edge/decisions/random-world.ts";

const { snapshot } = randomWorld({ seed: 1, hosts: 3, clusters: 2, requests: 0 });

const closing: Closing = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function published(): Promise<{ readonly server: EdgeStoreServer; readonly keys: string }> {
  const server = await startEdgeStore();
  closing.push(server.close);
  const { privateKey, publicKey } = await generateSigningKeys();
  const keys = join(await temporaryFolder(closing), "public-keys.json");
  await writeFile(keys, JSON.stringify({ k1: await crypto.subtle.exportKey("jwk", publicKey) }));
  const sink = { put: server.store.put, digest: sha256Hex, sign: manifestSigner("k1", privateKey) };
  const options = { epoch: 1, generation: 1, audience: "portolan", publishedAtMs: 0, replaces: null };
  await publishSnapshot(sink, snapshot, { ...options, knownSlices: new Set() });
  return { server, keys };
}

describe("portolan bundle", () => {
  it("prints the manifest with all of its slices, and the parts where there are some", async () => {
    const { server, keys } = await published();
    const first = await runCli("bundle", server.url, "--public-keys", keys);
    expect([first.code, first.err]).toEqual([0, ""]);
    const bundle = JSON.parse(first.out) as SnapshotBundle;
    expect(Object.keys(bundle).filter((key) => key.startsWith("slices/"))).toHaveLength(4);
    expect(bundle["manifest"]).toBe(await server.store.get("manifest"));
    await server.store.put(REST_KEY, "the rest", "any");
    const partKeys = await Promise.all(snapshot.hosts.map(async ({ host }) => `parts/${await sha256Hex(host)}`));
    for (const key of partKeys) await server.store.put(key, key, "any");
    const second = JSON.parse((await runCli("bundle", server.url, "--public-keys", keys)).out) as SnapshotBundle;
    expect(second).toEqual({
      ...bundle,
      [REST_KEY]: "the rest",
      ...Object.fromEntries(partKeys.map((key) => [key, key])),
    });
  });

  it("bundles nothing that an edge would refuse", async () => {
    const { server, keys } = await published();
    const other = await runCli("bundle", server.url, "--public-keys", keys, "--audience", "other");
    expect([other.code, other.out]).toEqual([1, ""]);
    expect(other.err).toContain('it is meant for "portolan", not for "other"');
    const foreign = await published();
    const refused = await runCli("bundle", server.url, "--public-keys", foreign.keys);
    expect(refused.err).toContain('the signature by key "k1" does not verify');
    await server.forget("manifest");
    expect((await runCli("bundle", server.url, "--public-keys", keys)).err).toContain("it has none");
    server.become("down");
    expect((await runCli("bundle", server.url, "--public-keys", keys)).err).toContain(
      "Cannot bundle the snapshot of http",
    );
  });

  it.each([[[]], [["not an address"]], [["http://a.example.org/", "more"]]])("refuses %j", async (args) => {
    const { code, err } = await runCli("bundle", ...args, "--public-keys", "keys.json");
    expect([code, err]).toEqual([
      1,
      expect.stringContaining("Cannot bundle a snapshot without one address of a store"),
    ]);
  });
});
