/** What a route asks of a request, before anything is sent anywhere. */
import { expect } from "vitest";
import { ask } from "../edge-client.ts";
import type { Register } from "../edge-runtime.ts";
import { HOST, LIMITED_BYTES, LIMITED_HOST, SECURE_HOST } from "../edge-world.ts";

const CHUNKED = { "transfer-encoding": "chunked" };

export function asksTests(test: Register): void {
  test("answers 413 to a body above the limit of its route, with a length or without", async ({ world, edge }) => {
    let whole = 0;
    // An answer that has begun cannot become a 413 any more, so it begins behind the body.
    world.origins[0].behave((incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        whole += 1;
        response.end(Buffer.concat(chunks));
      });
    });
    const post = (body: string, headers: Record<string, string> = {}) =>
      ask(edge.url, "/", { method: "POST", host: LIMITED_HOST, body, headers });
    for (const headers of [{}, CHUNKED]) {
      expect((await post("x".repeat(LIMITED_BYTES), headers)).body.length).toBe(LIMITED_BYTES);
      const refused = await post("x".repeat(LIMITED_BYTES + 1), headers);
      expect([refused.status, refused.headers["proxy-status"]]).toEqual([413, "portolan; error=http_request_error"]);
    }
    // Not one that is too large has come to its end at an origin.
    expect(whole).toBe(2);
    const free = await ask(edge.url, "/", { method: "POST", host: HOST, body: "x".repeat(LIMITED_BYTES + 1) });
    expect(free.status).toBe(200);
  });

  test("sends a plain request to https where its route asks for that", async ({ world, edge }) => {
    const answer = await ask(edge.url, "/a/../b?c=1", { method: "POST", host: `${SECURE_HOST}:8080`, body: "x" });
    expect([answer.status, answer.headers.location]).toEqual([308, `https://${SECURE_HOST}/b?c=1`]);
    expect(world.origins[0].seen).toEqual([]);
  });
}
