import { createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { dial, type DialResult } from "../../../src/edge/http1/dial.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** What a dial ends with, and how many connections a real server on loopback saw. */
async function dialTo(connectHost: string, allowPrivateOrigins: boolean): Promise<[end: string, seen: number]> {
  let seen = 0;
  const server = createServer((socket: Socket) => {
    seen += 1;
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  closing.push(() => server.close());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const origin = { connectHost, port, protocol: "http", serverName: null, ca: null, host: "public" } as const;
  const options = { allowPrivateOrigins, connectTimeoutMs: 1000, clientCertificate: null };
  const result = await new Promise<DialResult>((resolve) => {
    dial(origin, options, { buffer: Buffer.alloc(1024), callback: () => true }, resolve);
  });
  if ("type" in result) return [`${result.failure}, ${result.unsent ? "unsent" : "sent"}`, seen];
  closing.push(() => result.destroy());
  return ["connected", seen];
}

describe("dial()", () => {
  it("checks the address at the moment it connects, whatever the snapshot says, also behind a name", async () => {
    expect(await dialTo("127.0.0.1", false)).toEqual(["forbidden-address, unsent", 0]);
    expect(await dialTo("localhost", false)).toEqual(["forbidden-address, unsent", 0]);
    expect(await dialTo("169.254.169.254", true)).toEqual(["forbidden-address, unsent", 0]);
    expect((await dialTo("127.0.0.1", true))[0]).toBe("connected");
  });
});
