/** `portolan rollout status` beside a control function with two edges, one of which stops following. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { startControl } from "../../workers/control.ts";
import { makeKeys } from "../../workers/key-files.ts";
import { startSocketEdge } from "../../workers/socket-edge.ts";
import { startStoreEdge } from "../../workers/store-edge.ts";
import { type Closing, twoClusters } from "../build/files-edge.ts";
import { storeEdgeOptions } from "../build/store-edge.ts";
import { runCli } from "../build/run-cli.ts";
import { eventually } from "./until.ts";

const closing: Closing = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const INGRESS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: default }
spec:
  rules:
    - host: shop.example.org
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: shop, port: { number: 80 } } } }] }
`;

async function world() {
  const { dir } = await twoClusters(INGRESS, closing);
  await makeKeys(join(dir, "..keys"), "k1");
  const file = join(dir, "portolan.yaml");
  await writeFile(join(dir, "..keys", "edge-token"), "0123456789abcdef0123456789abcdef");
  await writeFile(
    file,
    `apiVersion: portolan.dev/v1alpha1
kind: Control
metadata: { name: control }
spec:
  config: { directory: . }
  store: { file: ..state }
  signingKey: ..keys/signing.jwk
  allowPrivateOrigins: true
  serve: { listen: "127.0.0.1:0", tokenFile: ..keys/edge-token }
  admin: "127.0.0.1:0"
`,
  );
  const control = await startControl({ file }, { out: () => undefined, err: () => undefined });
  closing.push(control.close);
  const address = (word: string) => new RegExp(`^${word} +(http\\S+)$`, "m").exec(control.banner.join("\n"))?.[1] ?? "";
  return { dir, admin: address("admin"), store: address("store") };
}

describe("portolan rollout status", () => {
  it("waits for every edge, then says which of them lags behind a change", async () => {
    const { dir, admin, store } = await world();
    const status = (...args: readonly string[]) => runCli("rollout", "status", "--admin", admin, ...args);
    expect((await status()).code).toBe(1);
    const edges = ["edge-1", "edge-2"].map(async (name) => {
      const options = storeEdgeOptions(join(dir, "..keys"), {
        store,
        name,
        tokenFile: join(dir, "..keys", "edge-token"),
      });
      return await startStoreEdge(options, { out: () => undefined, err: () => undefined });
    });
    const [first, second] = await Promise.all(edges);
    closing.push(async () => await first?.close());
    const both = await status("--wait", "--edges", "2", "--timeout", "30s");
    expect(both.out).toMatch(/^Snapshot \d+\.1, published \S+ ago: 2 of 2 edges serve \d+\.1\n/);
    expect(both.code).toBe(0);

    const before = /^Snapshot (\S+),/.exec(both.out)?.[1] ?? "";
    expect((await status("--after", before)).code).toBe(1);
    await second?.close();
    await writeFile(
      join(dir, "more.yaml"),
      INGRESS.replaceAll("shop.example", "more.example").replace("{ name: shop,", "{ name: more,"),
    );
    const late = await eventually(
      () => status("--after", before, "-o", "json"),
      ({ out }) => (JSON.parse(out) as { current: number }).current === 1,
    );
    expect(late.code).toBe(1);
    expect(JSON.parse(late.out)).toMatchObject({
      behind: 1,
      isDone: false,
      edges: [
        { edge: "edge-1", state: "current", behind: 0 },
        { edge: "edge-2", state: "behind", behind: 1 },
      ],
    });
    const text = await status("--wait", "--timeout", "500ms");
    expect([text.code, text.out]).toEqual([1, expect.stringMatching(/edge-2 +\d+\.1 +behind by 1 +/)]);
  }, 60_000);

  it("lists an edge that is set up by its environment, where it has the token", async () => {
    const { dir, admin, store } = await world();
    const env = {
      PORTOLAN_STORE_URL: store,
      PORTOLAN_PUBLIC_KEYS: await readFile(join(dir, "..keys", "public-keys.json"), "utf8"),
      PORTOLAN_LISTEN: "127.0.0.1:0",
      PORTOLAN_POLL_SECONDS: "0.05",
      PORTOLAN_ALLOW_PRIVATE_ORIGINS: "true",
    };
    const token = { PORTOLAN_STORE_TOKEN: "0123456789abcdef0123456789abcdef" };
    const silent = { ...env, PORTOLAN_EDGE_NAME: "silent" };
    for (const one of [silent, { ...env, ...token, PORTOLAN_EDGE_NAME: "by-environment" }]) {
      const edge = await startSocketEdge(
        one,
        () => undefined,
        () => undefined,
      );
      closing.push(edge.close);
    }
    const listed = await runCli("rollout", "status", "--admin", admin, "--wait", "--timeout", "30s", "-o", "json");
    expect(listed.code).toBe(0);
    const { edges } = JSON.parse(listed.out) as { edges: readonly { edge: string; state: string }[] };
    expect(edges).toMatchObject([{ edge: "by-environment", state: "current" }]);
  }, 60_000);

  it("says what it does not take, and that nobody answers", async () => {
    expect(await runCli("rollout")).toMatchObject({ code: 2, err: expect.stringContaining("there is only status") });
    expect(await runCli("rollout", "status", "--after", "x")).toMatchObject({
      code: 2,
      err: expect.stringContaining('Cannot read --after "x": it is not EPOCH.GENERATION'),
    });
    expect(await runCli("rollout", "status", "--admin", "http://127.0.0.1:9")).toMatchObject({
      code: 2,
      err: expect.stringContaining("Cannot reach the admin API"),
    });
  });
});
