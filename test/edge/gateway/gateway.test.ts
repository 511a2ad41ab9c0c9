import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect, type Socket } from "node:net";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { startFilesEdge } from "../../../workers/files-edge.ts";
import { edgeOptions, temporaryFolder } from "../../build/files-edge.ts";
import { ask } from "../../conformance/edge-client.ts";
import { startOrigin, type TestOrigin } from "../../conformance/edge-origin.ts";
import { eventually } from "../../scenarios/until.ts";
import { load } from "./load.ts";
import { rawTalk } from "../http1/raw.ts";
import { startWorld } from "../http1/world.ts";
import {
  type GatewayWorld,
  HOST,
  LINES,
  replaceFile,
  startEdgeFor,
  startGatewayWorld,
  startRecorder,
} from "./world.ts";

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function pod(name: string): Promise<TestOrigin> {
  const origin = await startOrigin(name);
  closing.push(origin.stop);
  return origin;
}

interface Chain {
  readonly pods: readonly [TestOrigin, TestOrigin];
  readonly world: GatewayWorld;
  readonly edge: { readonly url: string; readonly keyFile: string };
  /** What the edge sent to the gateway. */
  readonly sent: string[];
}

/** Edge → recorder → gateway → two pods. */
async function chain(more: Parameters<typeof startGatewayWorld>[2] = {}): Promise<Chain> {
  const pods = [await pod("one"), await pod("two")] as const;
  const world = await startGatewayWorld(pods, closing, more);
  const { port, sent } = await startRecorder(world.gateway.url, closing);
  return { pods, world, edge: await startEdgeFor(port, closing), sent };
}

const header = (origin: TestOrigin, name: string) =>
  origin.seen.at(-1)?.headers.flatMap(([field, value]) => (field === name ? [value] : []));
const bytes = (text: string) => [{ bytes: Buffer.from(text, "latin1"), delayMs: 0 }];
const firstRequest = (sent: readonly string[]) => `${sent[0]?.split("\r\n\r\n", 1)[0]}\r\n\r\n`;

describe("portolan gateway behind a Node edge", () => {
  it("gives pods the public Host and what the edge set, and nothing of the hop", async () => {
    const { pods, edge, sent } = await chain();
    const answers = [];
    for (let index = 0; index < 4; index += 1) answers.push((await ask(edge.url, "/a%2Fb?x=1", { host: HOST })).text);
    // One after the other: by turns.
    expect(answers.sort()).toEqual(["one", "one", "two", "two"]);
    const edgeSaid = (name: string) => new RegExp(`\r\n${name}: ([^\r]*)`).exec(sent.join(""))?.[1];
    const [one] = pods;
    expect(one.seen[0]?.target).toBe("/a%2Fb?x=1");
    expect(header(one, "host")).toEqual([HOST]);
    expect(header(one, "x-forwarded-for")).toEqual(["127.0.0.1"]);
    expect(header(one, "forwarded")?.[0]).toContain(`host="${HOST}"`);
    expect(header(one, "via")).toEqual(["1.1 portolan, 1.1 portolan-gateway"]);
    expect(header(one, "cdn-loop")).toEqual(["portolan"]);
    for (const name of ["traceparent", "x-request-id"]) {
      expect([...(header(pods[0], name) ?? []), ...(header(pods[1], name) ?? [])].join()).not.toBe("");
      expect(pods.flatMap(({ seen }) => seen.flatMap(({ headers }) => headers.flat()))).toContain(edgeSaid(name));
    }
    const names = pods.flatMap(({ seen }) => seen.flatMap(({ headers }) => headers.map(([name]) => name)));
    expect(names.filter((name) => name.startsWith("portolan-"))).toEqual([]);
  });

  it("believes no field of the hop that a client sends to the edge, however often", async () => {
    const { pods, world, edge, sent } = await chain();
    const lies = {
      "portolan-hop": ["v1 a 1 0 0", "v1 a 2 0 0"],
      "portolan-authority": "evil.example.org",
      "portolan-backend": "kube-system/secrets/80",
      "portolan-timeout": "1",
    };
    expect(await ask(edge.url, "/", { host: HOST, headers: lies })).toMatchObject({ status: 200 });
    for (const name of ["hop", "authority", "backend", "timeout"]) {
      expect(sent.join("").match(new RegExp(`\r\nportolan-${name}: `, "g"))).toHaveLength(1);
    }
    expect(sent.join("")).not.toMatch(/evil|kube-system/);
    expect(pods.flatMap(({ seen }) => seen)).toHaveLength(1);
    expect(world.refused("malformed")).toBe(0);
  });

  it("streams bodies both ways, in chunks and by length, and answers of any size", async () => {
    const { pods, edge } = await chain();
    for (const origin of pods) {
      origin.behave((request, response) => {
        const hash = createHash("sha256");
        request.on("data", (chunk: Buffer) => void hash.update(chunk));
        request.on("end", () => response.end(hash.digest("hex").repeat(20_000)));
      });
    }
    const body = Buffer.alloc(3_000_000, "portolan");
    const expected = createHash("sha256").update(body).digest("hex").repeat(20_000);
    for (const headers of [{ "transfer-encoding": "chunked" }, { "content-length": String(body.length) }]) {
      const answer = await ask(edge.url, "/upload", { method: "POST", host: HOST, headers, body });
      expect(answer.text === expected).toBe(true);
    }
  });

  it("tunnels a WebSocket through both", async () => {
    const server = createServer();
    server.on("upgrade", (request, socket: Socket) => {
      const key = String(request.headers["sec-websocket-key"]);
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nX-Host: ${request.headers.host}\r\n\r\n`,
      );
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    closing.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const world = await startGatewayWorld([{ port }], closing);
    const edge = await startEdgeFor(Number(new URL(world.gateway.url).port), closing);
    const socket = connect(Number(new URL(edge.url).port), "127.0.0.1");
    closing.push(() => socket.destroy());
    let got = "";
    socket.on("data", (chunk) => (got += chunk.toString("latin1")));
    const handshake = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
    socket.write(
      `GET /ws HTTP/1.1\r\nHost: ${HOST}\r\n${handshake}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
    const has = (part: string) =>
      eventually(
        () => Promise.resolve(got),
        (all) => all.includes(part),
      );
    expect((await has("\r\n\r\n")).toLowerCase()).toContain(`x-host: ${HOST}`);
    socket.write("ahoy");
    await has("ahoy");
  });
});

describe("portolan gateway to everybody else", () => {
  it("answers 403 to who does not sign, forwards nothing, counts it and writes a line", async () => {
    const { pods, world } = await chain();
    const port = Number(new URL(world.gateway.url).port);
    for (const request of [
      `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
      `OPTIONS * HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
      `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 4\r\n\r\nbody`,
      `GET / HTTP/1.1\r\nHost: ${HOST}\r\nX-Forwarded-Host: ${HOST}\r\nPortolan-Authority: ${HOST}\r\nPortolan-Backend: shop/web/80\r\n\r\n`,
    ]) {
      // Waiting for none: the gateway closes by itself, and reads no second request.
      const talk = await rawTalk(
        `http://127.0.0.1:${port}`,
        bytes(`${request}GET /second HTTP/1.1\r\nHost: x\r\n\r\n`),
        0,
      );
      expect(talk.answers.map(({ status, body }) => [status, body])).toEqual([[403, "403 forbidden\n"]]);
    }
    expect(world.refused("missing")).toBe(4);
    const lines = await world.lines(4);
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatchObject({
      status: 403,
      code: "hop-missing",
      method: "GET",
      client: "127.0.0.0/24",
      attempts: [],
    });
    expect(pods.flatMap(({ seen }) => seen)).toEqual([]);
  });

  it("serves a recorded request once, and never in another form", async () => {
    const { pods, world, edge, sent } = await chain();
    await ask(edge.url, "/pay?amount=1", { host: HOST });
    const recorded = firstRequest(sent);
    const replay = async (text: string) => (await rawTalk(world.gateway.url, bytes(text), 0)).answers[0]?.status;
    expect(await replay(recorded)).toBe(403);
    expect(world.refused("replayed")).toBe(1);
    const forms: readonly (readonly [string, RegExp, string])[] = [
      ["wrong-signature", /^GET/, "DELETE"],
      ["wrong-signature", /amount=1/, "amount=1000"],
      ["wrong-signature", /portolan-authority: [^\r]+/, "portolan-authority: other.example.org"],
      ["wrong-signature", /portolan-backend: [^\r]+/, "portolan-backend: shop/admin/80"],
      ["wrong-signature", /(portolan-hop: v1 a )(\d+)/, "$19999999999"],
      ["unknown-key", /portolan-hop: v1 a/, "portolan-hop: v1 z"],
      ["malformed", /portolan-hop: v1 a/, "portolan-hop: v0 a"],
    ];
    for (const [reason, from, to] of forms) {
      const before = world.refused(reason);
      expect(await replay(recorded.replace(from, to))).toBe(403);
      expect(world.refused(reason)).toBe(before + 1);
    }
    expect(pods.flatMap(({ seen }) => seen)).toHaveLength(1);
  });

  it("takes no edge whose key it does not know, and no key of an edge that was removed", async () => {
    const { world } = await chain();
    const stranger = await startEdgeFor(Number(new URL(world.gateway.url).port), closing, { keys: LINES.b });
    expect((await ask(stranger.url, "/", { host: HOST })).status).toBe(403);
    expect(world.refused("unknown-key")).toBe(1);
  });
});

describe("keys of the hop", () => {
  it("are replaced in three steps without a failed request", async () => {
    const { world, edge, sent } = await chain();
    const running = load(edge.url, ["GET", "POST", "GET"]);
    const signedBy = (id: string) =>
      eventually(
        () => Promise.resolve(sent.join("").match(new RegExp(`portolan-hop: v1 ${id} `, "g"))?.length ?? 0),
        (count) => count > 10,
      );
    await signedBy("a");
    await replaceFile(world.keyFile, LINES.a + LINES.b);
    await eventually(
      () => Promise.resolve(world.messages.join("")),
      (text) => text.includes('"ids":["a","b"]'),
    );
    await replaceFile(edge.keyFile, LINES.b + LINES.a);
    await signedBy("b");
    await replaceFile(world.keyFile, LINES.b);
    await eventually(
      () => Promise.resolve(world.messages.join("")),
      (text) => text.includes('"ids":["b"]'),
    );
    const { count, failures } = await running.stop();
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThan(30);
    expect(world.messages.join("") + JSON.stringify(await world.lines(count))).not.toContain(LINES.b.slice(2, 30));
  });
});

describe("an edge that must sign and has no key", () => {
  it("does not start, and says what to do", async () => {
    const dir = await temporaryFolder(closing);
    await writeFile(
      join(dir, "c.yaml"),
      "apiVersion: portolan.dev/v1alpha1\nkind: Cluster\nmetadata: { name: us }\nspec: { gateway: { connectHost: g.example.org, signed: true } }\n",
    );
    const deps = { out: () => undefined, err: () => undefined };
    await expect(startFilesEdge(edgeOptions(dir), deps)).rejects.toThrow(/us has a signed gateway/);
    await expect(startFilesEdge(edgeOptions(dir, { hopKeys: join(dir, "none") }), deps)).rejects.toThrow(
      /Cannot read the hop keys/,
    );
  });

  it("refuses the snapshot, and never sends a request without a signature", async () => {
    const origin = await pod("one");
    const edge = await startWorld({ hosts: [HOST], gateways: [{ port: origin.port, signed: true }] });
    closing.push(edge.close);
    expect(edge.edge.state.serving).toBeNull();
    expect((await ask(edge.url, "/", { host: HOST })).status).toBe(503);
    expect(edge.edge.metricsText()).toMatch(/portolan_snapshot_refused_total [1-9]/);
    expect(origin.seen).toEqual([]);
  });
});
