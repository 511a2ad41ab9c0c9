/** An answer passes as the origin gave it. */
import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import { ask } from "../edge-client.ts";
import type { Register } from "../edge-runtime.ts";

export function relayTests(test: Register): void {
  test("follows no redirect", async ({ world, edge }) => {
    const location = "http://elsewhere.example.org/x";
    world.origins[0].behave((_request, response) => response.writeHead(302, { location }).end());
    expect(await ask(edge.url, "/")).toMatchObject({ status: 302, headers: { location } });
    expect(world.origins[0].seen).toHaveLength(1);
  });

  test("leaves an encoded body, its length and its validators as they are", async ({ world, edge }) => {
    const bytes = gzipSync("hello ".repeat(1000));
    const headers = { "content-encoding": "gzip", "content-length": String(bytes.length), etag: '"abc"' };
    world.origins[0].behave((_request, response) => response.writeHead(200, headers).end(bytes));
    const answer = await ask(edge.url, "/", { headers: { "accept-encoding": "gzip" } });
    expect(answer.headers).toMatchObject(headers);
    expect(answer.body.equals(bytes)).toBe(true);
    expect(new Map(world.origins[0].seen[0]?.headers).get("accept-encoding")).toBe("gzip");
  });

  test("keeps repeated Set-Cookie apart and in order", async ({ world, edge }) => {
    const cookies = ["a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT"];
    world.origins[0].behave((_request, response) => response.writeHead(200, { "set-cookie": cookies }).end());
    expect((await ask(edge.url, "/")).headers["set-cookie"]).toEqual(cookies);
  });

  test("answers HEAD with the length and without the body", async ({ world, edge }) => {
    world.origins[0].behave((_request, response) => response.writeHead(200, { "content-length": "1234" }).end());
    const answer = await ask(edge.url, "/", { method: "HEAD" });
    expect([answer.status, answer.headers["content-length"], answer.body.length]).toEqual([200, "1234", 0]);
    expect(world.origins[0].seen).toMatchObject([{ method: "HEAD" }]);
  });

  test("relays statuses that have no body", async ({ world, edge }) => {
    for (const status of [204, 304]) {
      world.origins[0].behave((_request, response) => response.writeHead(status, { etag: '"e"' }).end());
      expect(await ask(edge.url, "/")).toMatchObject({ status, text: "", headers: { etag: '"e"' } });
    }
  });

  test("relays errors of the application as they are", async ({ world, edge }) => {
    for (const status of [404, 429, 500]) {
      world.origins[0].behave((_request, response) => response.writeHead(status).end("its own words"));
      expect(await ask(edge.url, "/")).toMatchObject({ status, text: "its own words" });
    }
  });

  test("removes what ends at this hop from the answer", async ({ world, edge }) => {
    const headers = { connection: "keep-alive, x-internal", "x-internal": "1", "x-public": "1" };
    world.origins[0].behave((_request, response) => response.writeHead(200, headers).end());
    const answer = await ask(edge.url, "/");
    expect(answer.headers["x-internal"]).toBeUndefined();
    expect(answer.headers["x-public"]).toBe("1");
  });
}
