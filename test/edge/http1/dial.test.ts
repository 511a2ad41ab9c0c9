import { createServer, type AddressInfo, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import type { Origin } from "../../../src/core/model.ts";
import { NameCache } from "../../../src/edge/http1/name-cache.ts";
import { nodeNames, SYSTEM_NAMES } from "../../../src/edge/node/names.ts";
import { dial, type DialResult } from "../../../src/edge/http1/dial.ts";

const names = new NameCache(nodeNames(SYSTEM_NAMES), () => performance.now());

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function reach(parts: Partial<Origin>, allowPrivateOrigins: boolean): Promise<string> {
  const origin: Origin = {
    connectHost: "127.0.0.1",
    port: 1,
    protocol: "http",
    serverName: null,
    ca: null,
    host: "public",
    allowedCidrs: [],
    signed: false,
    ...parts,
  };
  const options = { allowPrivateOrigins, connectTimeoutMs: 1000, clientCertificate: null, names };
  const onread = { buffer: Buffer.alloc(16), callback: () => true };
  const result = await new Promise<DialResult>((resolve) => dial(origin, options, onread, resolve));
  if ("type" in result) return `${result.failure}, ${result.unsent ? "unsent" : "sent"}`;
  result.destroy();
  return "connected";
}

describe("dial()", () => {
  it("checks the address at the moment it connects, whatever the snapshot says, also behind a name", async () => {
    const accepted: Socket[] = [];
    const server = createServer((socket) => accepted.push(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    closing.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    expect(await reach({ port }, false)).toBe("forbidden-address, unsent");
    expect(await reach({ port, connectHost: "localhost" }, false)).toBe("forbidden-address, unsent");
    expect(await reach({ port, connectHost: "169.254.169.254" }, true)).toBe("forbidden-address, unsent");
    expect(accepted).toEqual([]);
    expect(await reach({ port }, true)).toBe("connected");
  });

  it("tries the other addresses of a name when the first refuses", async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    closing.push(() => server.close());
    // `localhost` is ::1 as well on most machines, where nobody listens.
    expect(await reach({ port: (server.address() as AddressInfo).port, connectHost: "localhost" }, true)).toBe(
      "connected",
    );
  });

  it("proves that nothing was sent when nobody listens, no name is known, or TLS fails", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.resume().end("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    const { port } = server.address() as AddressInfo;
    expect(await reach({ port, protocol: "https" }, true)).toBe("tls, unsent");
    await new Promise((resolve) => server.close(resolve));
    expect(await reach({ port }, true)).toBe("refused, unsent");
    expect(await reach({ port, connectHost: "nobody.invalid" }, true)).toBe("name-not-found, unsent");
  });

  it("asks for the certificate of the server name, also at an address", async () => {
    const asked = new Promise<string>((resolve) => {
      const server = createTlsServer({
        SNICallback(name, done) {
          resolve(name);
          done(new Error("no certificate"));
        },
      });
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        const port = typeof address === "object" && address !== null ? address.port : 0;
        const origin: Origin = {
          connectHost: "127.0.0.1",
          port,
          protocol: "https",
          serverName: "shop.example.org",
          ca: null,
          host: "public",
          allowedCidrs: [],
          signed: false,
        };
        const options = { allowPrivateOrigins: true, connectTimeoutMs: 5000, clientCertificate: null, names };
        dial(origin, options, { buffer: Buffer.alloc(1024), callback: () => true }, () => undefined);
      });
      closing.push(() => server.close());
    });
    expect(await asked).toBe("shop.example.org");
  });
});
