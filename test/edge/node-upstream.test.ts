import { createServer } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { nodeUpstream } from "../../src/edge/node/upstream.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** What a try ends with, and how many requests a real server on loopback saw. */
async function send(connectHost: string, allowPrivateOrigins: boolean): Promise<[end: string, seen: number]> {
  let seen = 0;
  const server = createServer((_request, response) => {
    seen += 1;
    response.end("hello");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  closing.push(() => server.close());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const upstream = nodeUpstream({ allowPrivateOrigins, connectTimeoutMs: 1000 });
  closing.push(() => upstream.close());
  const answer = await upstream.send(
    { connectHost, port, protocol: "http", serverName: null, ca: null, host: "public" },
    { method: "GET", target: "/", host: "a.example.org", headers: [], body: null, bodyLength: null },
    { connectTimeoutMs: 1000, responseTimeoutMs: 5000, signal: new AbortController().signal },
  );
  if (answer.type === "failed") return [`${answer.failure}, ${answer.unsent ? "unsent" : "sent"}`, seen];
  await answer.body?.cancel();
  return [String(answer.status), seen];
}

describe("nodeUpstream()", () => {
  it("checks the address at the moment it connects, whatever the snapshot says, also behind a name", async () => {
    expect(await send("127.0.0.1", false)).toEqual(["forbidden-address, unsent", 0]);
    expect(await send("localhost", false)).toEqual(["forbidden-address, unsent", 0]);
    expect(await send("169.254.169.254", true)).toEqual(["forbidden-address, unsent", 0]);
    expect(await send("127.0.0.1", true)).toEqual(["200", 1]);
  });
});
