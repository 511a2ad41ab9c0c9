import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startFilesEdge } from "../../workers/files-edge.ts";
import { type Closing, edgeOptions, twoClusters } from "../build/files-edge.ts";
import { runCli, runCliWith } from "../build/run-cli.ts";
import { eventually } from "../scenarios/until.ts";

const INGRESSES = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: default, creationTimestamp: "2026-01-01T00:00:00Z" }
spec:
  ingressClassName: edge
  tls: [{ hosts: [shop.example.org] }]
  rules:
    - host: shop.example.org
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: shop, port: { number: 80 } } } }] }
`;
const ADOPTED = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: blog, namespace: blog, annotations: { portolan.dev/adopt: "true" } }
spec:
  ingressClassName: nginx
  rules: [{ host: blog.example.org, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: b, port: { number: 80 } } } }] } }]
status: { loadBalancer: { ingress: [{ hostname: lb.example.org }] } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: private, namespace: blog }
spec:
  ingressClassName: nginx
  rules: [{ host: private.example.org, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: b, port: { number: 80 } } } }] } }]
`;

const closing: Closing = [];
let admin = "";
let dir = "";
beforeAll(async () => {
  const world = await twoClusters(INGRESSES, closing);
  dir = world.dir;
  await writeFile(join(dir, "eu", "blog.yaml"), ADOPTED);
  const edge = await startFilesEdge(edgeOptions(dir, { admin: { host: "127.0.0.1", port: 0 } }), {
    out: () => undefined,
    err: () => undefined,
  });
  closing.push(edge.close);
  admin = /admin +(\S+)/.exec(edge.banner.join("\n"))?.[1] ?? "";
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

const get = (...args: readonly string[]) => runCli("get", ...args, "--admin", admin);
const lines = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/ {3,}/));

describe("portolan get", () => {
  it("prints clusters with API and data apart", async () => {
    const { code, out } = await get("clusters");
    expect(code).toBe(0);
    expect(lines(out).map((cells) => cells.slice(0, 6))).toEqual([
      ["NAME", "STATUS", "REGION", "API", "DATA", "BACKENDS"],
      ["eu", "Ready", "europe-west1", "reachable", "serving", "1/1"],
      ["us", "Ready", "us-east1", "reachable", "serving", "1/1"],
    ]);
  });

  it("prints Ingresses as kubectl does, none that is foreign, with the addresses where users reach them", async () => {
    const { out } = await get("ing");
    expect(lines(out).map((cells) => cells.slice(0, 6))).toEqual([
      ["NAMESPACE", "NAME", "CLASS", "HOSTS", "ADDRESS", "PORTS"],
      ["blog", "blog", "nginx", "blog.example.org", "lb.example.org", "80"],
      ["default", "shop", "edge", "shop.example.org", "127.0.0.1", "80, 443"],
    ]);
    const wide = lines((await get("ingress", "shop", "-n", "default", "-o", "wide")).out);
    expect(wide[1]?.slice(7)).toEqual(["federated", "<config>", "shop.example.org", "<none>"]);
  });

  it("prints backends with their ready counts and origins", async () => {
    const { out } = await get("backends", "-o", "wide");
    const rows = lines(out).slice(1);
    expect(rows.map((cells) => cells.slice(0, 6))).toEqual([
      ["default", "shop", "80", "eu", "1/1", "up"],
      ["default", "shop", "80", "us", "1/1", "up"],
    ]);
    for (const row of rows) expect(row[6]).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it("prints one object alone, and several as a List, in JSON and YAML", async () => {
    const one = JSON.parse((await get("cluster", "eu", "-o", "json")).out) as unknown;
    expect(one).toMatchObject({ kind: "Cluster", metadata: { name: "eu" }, status: { api: "reachable" } });
    const all = JSON.parse((await get("clusters", "-o", "json")).out) as { kind: string; items: unknown[] };
    expect([all.kind, all.items.length]).toEqual(["List", 2]);
    expect((await get("cluster", "eu", "-o", "yaml")).out).toMatch(
      /^apiVersion: portolan\.dev\/v1alpha1\nkind: Cluster\n/,
    );
    expect((await get("clusters", "-o", "name")).out).toBe("clusters/eu\nclusters/us\n");
  });

  it("refuses what there is not, with the next command", async () => {
    expect(await get("clutsers")).toMatchObject({
      code: 1,
      err: 'Cannot get "clutsers": the resources are clusters, ingresses, backends\nNext: portolan get clusters\n',
    });
    expect(await get("cluster", "mars")).toMatchObject({
      code: 1,
      err: 'Cannot get clusters "mars": there is none of that name\nNext: portolan get clusters\n',
    });
    expect((await get("clusters", "-o", "tabel")).err).toContain("it is none of table, wide, json, yaml, name");
  });

  it("watches: each change is a row, and what goes away is told once", async () => {
    let text = "";
    const stop = Promise.withResolvers<void>();
    const watching = runCliWith({ out: (piece) => void (text += piece), untilStopped: () => stop.promise }, [
      ..."get ingresses -w --admin".split(" "),
      admin,
    ]);
    const printed = (part: string) =>
      eventually(
        () => Promise.resolve(text),
        (all) => all.includes(part),
      );
    await printed("blog.example.org");
    await rm(join(dir, "eu", "blog.yaml"));
    await printed("(gone)");
    stop.resolve();
    await watching;
    expect(text.split("\n").filter((line) => line.includes("(gone)"))).toEqual([
      expect.stringContaining("blog   blog"),
    ]);
    expect(text.split("\n").filter((line) => line.includes("shop"))).toHaveLength(1);
  });
});

describe("portolan explain --edge", () => {
  it("asks a running edge, and sends nothing anywhere", async () => {
    const { code, out } = await runCli("explain", "--edge", admin, "http://shop.example.org/cart", "--client", "DE");
    expect([code, out.split("\n")[0]]).toEqual([
      0,
      expect.stringMatching(/^edge {7}edge, snapshot \d+\.\d+ [0-9a-f]{64}$/),
    ]);
    expect(out).toContain("rule       Ingress default/shop, shop.example.org / (Prefix)");
    const json = await runCli("explain", "--edge", admin, "http://shop.example.org/", "-o", "json");
    expect(JSON.parse(json.out)).toMatchObject({ edge: "edge", action: "forward" });
    expect(await runCli("explain", "--edge", admin, "http://shop.example.org/", "--client", "1.2.3")).toMatchObject({
      code: 1,
      err: expect.stringContaining('Cannot locate the client "1.2.3"'),
    });
  });
});
