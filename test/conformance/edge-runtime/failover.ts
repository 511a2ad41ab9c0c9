/** A cluster fails: the request moves on, and nothing that is not idempotent is sent twice. */
import { expect } from "vitest";
import { ask } from "../edge-client.ts";
import type { Behaviour } from "../edge-origin.ts";
import type { Register } from "../edge-runtime.ts";
import type { EdgeWorld } from "../edge-world.ts";

/** How often an order arrived anywhere. */
function posts({ origins }: EdgeWorld): number {
  return origins.reduce((sum, one) => sum + one.seen.filter((seen) => seen.method === "POST").length, 0);
}

const resetAfterBody: Behaviour = (request) => {
  request.resume();
  request.on("end", () => request.socket.resetAndDestroy());
};
const hang: Behaviour = (request) => void request.resume();
const overload: Behaviour = (request, response) => {
  request.resume();
  response.writeHead(503).end("busy");
};

export function failoverTests(test: Register): void {
  test("moves on to the next cluster when a connection is refused", async ({ world, edge }) => {
    await world.origins[0].stop();
    expect(await ask(edge.url, "/")).toMatchObject({ status: 200, text: "nyc" });
    expect(await ask(edge.url, "/", { method: "PUT", body: "x" })).toMatchObject({ status: 200, text: "nyc" });
  });

  test("moves a refused POST on only where it is proven unsent", async ({ world, edge, runtime }) => {
    await world.origins[0].stop();
    const answer = await ask(edge.url, "/", { method: "POST", body: "order=1" });
    expect(answer.status).toBe(runtime.provesUnsent ? 200 : 502);
    expect(posts(world)).toBe(runtime.provesUnsent ? 1 : 0);
  });

  test("moves on when the connection is reset, and sends a POST once", async ({ world, edge }) => {
    world.origins[0].behave(resetAfterBody);
    expect(await ask(edge.url, "/")).toMatchObject({ status: 200, text: "nyc" });
    expect((await ask(edge.url, "/", { method: "POST", body: "order=1" })).status).toBe(502);
    expect(posts(world)).toBe(1);
  });

  test("sends a POST once over a reused connection that resets", async ({ world, edge }) => {
    expect((await ask(edge.url, "/")).text).toBe("fra");
    world.origins[0].behave(resetAfterBody);
    expect((await ask(edge.url, "/", { method: "POST", body: "order=1" })).status).toBe(502);
    expect(posts(world)).toBe(1);
  });

  test("moves on when a cluster hangs, and answers 504 for a POST", async ({ world, edge }) => {
    world.origins[0].behave(hang);
    expect(await ask(edge.url, "/")).toMatchObject({ status: 200, text: "nyc" });
    const post = await ask(edge.url, "/", { method: "POST", body: "order=1" });
    expect(post).toMatchObject({ status: 504 });
    expect(post.headers["proxy-status"]).toContain("http_response_timeout");
    expect(posts(world)).toBe(1);
  });

  test("moves an idempotent request on after a 503 and relays the 503 to a POST", async ({ world, edge }) => {
    world.origins[0].behave(overload);
    expect(await ask(edge.url, "/")).toMatchObject({ status: 200, text: "nyc" });
    expect(await ask(edge.url, "/", { method: "POST", body: "x" })).toMatchObject({ status: 503, text: "busy" });
    expect(posts(world)).toBe(1);
  });

  test("relays the last answer when every cluster says 503", async ({ world, edge }) => {
    for (const origin of world.origins) origin.behave(overload);
    expect(await ask(edge.url, "/")).toMatchObject({ status: 503, text: "busy" });
  });

  test("sends the whole body to the next cluster", async ({ world, edge }) => {
    world.origins[0].behave(resetAfterBody);
    world.origins[1].behave((request, response) => void request.pipe(response));
    const body = "0123456789".repeat(3000);
    expect((await ask(edge.url, "/", { method: "PUT", body })).text).toBe(body);
  });

  test("answers 502 when every cluster is down, and serves again when one is back", async ({ world, edge }) => {
    for (const origin of world.origins) await origin.stop();
    const down = await ask(edge.url, "/");
    expect(down.status).toBe(502);
    expect(down.headers["proxy-status"]).toMatch(/^portolan; error=/);
    await world.origins[2].start();
    expect(await ask(edge.url, "/")).toMatchObject({ status: 200, text: "tok" });
  });
}
