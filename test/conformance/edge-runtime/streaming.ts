/** Bytes flow as they come, both ways, and stop when somebody leaves. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { expect } from "vitest";
import { ask } from "../edge-client.ts";
import type { Register } from "../edge-runtime.ts";
import { type EdgeWorld, HOST, PATIENT_HOST, type RunningEdge } from "../edge-world.ts";

function open(url: string, method: string, headers: Record<string, string> = {}): ClientRequest {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: false });
  return request({ hostname, port, path: "/", method, agent, headers: { host: HOST, ...headers } });
}

async function head(outgoing: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  return answer;
}

async function letsGoBeforeTheAnswer(
  world: EdgeWorld,
  edge: RunningEdge,
  goAway: (outgoing: ClientRequest) => void,
): Promise<void> {
  const { promise: left, resolve: leave } = Promise.withResolvers<string>();
  const { promise: asked, resolve: arrive } = Promise.withResolvers<void>();
  world.origins[0].behave((incoming) => {
    incoming.socket.once("close", () => leave("left"));
    arrive();
  });
  // Elsewhere the timeout of the route would let go of the origin before long, and hide an edge that does not.
  const outgoing = open(edge.url, "GET", { host: PATIENT_HOST });
  outgoing.on("error", () => undefined);
  outgoing.end();
  await asked;
  goAway(outgoing);
  expect(await left).toBe("left");
  await world.origins[0].stop();
  // An edge that moved on for nobody was there before this request.
  expect((await ask(edge.url, "/later")).text).toBe("nyc");
  expect(world.origins[1].seen).toMatchObject([{ target: "/later" }]);
}

export function streamingTests(test: Register): void {
  test("streams an answer while the origin is still writing it", async ({ world, edge }) => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    world.origins[0].behave((_request, response) => {
      response.write("first");
      void released.then(() => response.end("last"));
    });
    const outgoing = open(edge.url, "GET");
    outgoing.end();
    const answer = await head(outgoing);
    const [chunk] = (await once(answer, "data")) as [Buffer];
    expect(chunk.toString()).toBe("first");
    release();
    const [rest] = (await once(answer, "data")) as [Buffer];
    expect(rest.toString()).toBe("last");
  });

  test("streams a request body while the client is still writing it", async ({ world, edge }) => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<string>();
    world.origins[0].behave((incoming, response) => {
      incoming.once("data", (chunk: Buffer) => arrive(chunk.toString()));
      incoming.resume();
      incoming.on("end", () => response.end("done"));
    });
    const outgoing = open(edge.url, "POST", { "transfer-encoding": "chunked" });
    outgoing.write("first");
    expect(await arrived).toBe("first");
    outgoing.end("last");
    const answer = await head(outgoing);
    expect(((await once(answer, "data")) as [Buffer])[0].toString()).toBe("done");
  });

  test("relays large bodies both ways unchanged", async ({ world, edge }) => {
    world.origins[0].behave((incoming, response) => void incoming.pipe(response));
    const body = randomBytes(1_500_000);
    const hash = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
    const answer = await ask(edge.url, "/", { method: "POST", body });
    expect([answer.body.length, hash(answer.body)]).toEqual([body.length, hash(body)]);
  });

  test("lets go of the origin when the client leaves before the answer", ({ world, edge }) =>
    letsGoBeforeTheAnswer(world, edge, (outgoing) => void outgoing.destroy()));

  test("lets go of the origin when the client's connection is reset before the answer", ({ world, edge }) =>
    letsGoBeforeTheAnswer(world, edge, ({ socket }) => void socket?.resetAndDestroy()));

  test("lets go of the origin when the client leaves in the middle of the answer", async ({ world, edge }) => {
    const { promise: left, resolve: leave } = Promise.withResolvers<string>();
    world.origins[0].behave((incoming, response) => {
      incoming.socket.once("close", () => leave("left"));
      response.write("x".repeat(100_000));
      const timer = setInterval(() => response.write("x".repeat(100_000)), 10);
      incoming.socket.once("close", () => clearInterval(timer));
    });
    const outgoing = open(edge.url, "GET");
    outgoing.on("error", () => undefined);
    outgoing.end();
    const answer = await head(outgoing);
    answer.on("error", () => undefined);
    await once(answer, "data");
    outgoing.destroy();
    expect(await left).toBe("left");
  });

  test("lets the client see that an answer was cut off", async ({ world, edge }) => {
    world.origins[0].behave((incoming, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half");
      setTimeout(() => incoming.socket.resetAndDestroy(), 20);
    });
    await expect(ask(edge.url, "/")).rejects.toThrow(/aborted|reset|hang up/i);
  });
}
