import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcp } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { ProbeTarget } from "../../src/core/health/probes.ts";
import type { HealthCheck } from "../../src/core/model.ts";
import { nodeProber } from "../../src/edge/node/probe.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function httpServer(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** Takes connections and never says a word. */
async function silentServer(): Promise<number> {
  const server = createTcp((socket) => void socket.on("error", () => undefined));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

function target(port: number, check: Partial<HealthCheck> | null = null): ProbeTarget {
  const origin = {
    connectHost: "127.0.0.1",
    port,
    protocol: "http" as const,
    serverName: null,
    ca: null,
    host: "public",
    allowedCidrs: [],
    signed: false,
  };
  const full: HealthCheck = {
    type: "http",
    path: "/",
    host: null,
    port: null,
    status: { from: 200, to: 399 },
    body: null,
    intervalMs: 1000,
    timeoutMs: 1000,
    rise: 2,
    fall: 3,
    ...check,
  };
  const key = `c|http://127.0.0.1:${port}`;
  return { key, subject: key, cluster: "c", service: null, origin, check: check === null ? null : full };
}

function prober(allowPrivateOrigins = true) {
  const one = nodeProber({ allowPrivateOrigins });
  closing.push(one.close);
  return one;
}

describe("nodeProber()", () => {
  it("measures an exchange on a connection that it keeps, and asks nobody's host for it", async () => {
    const sockets = new Set<unknown>();
    const asked: (string | undefined)[] = [];
    const port = await httpServer((request, response) => {
      sockets.add(request.socket);
      asked.push(`${request.method} ${request.headers.host} ${request.headers["user-agent"]}`);
      response.writeHead(404, { "content-length": "0" }).end();
    });
    const one = prober();
    const first = await one.probe(target(port), "exchange");
    const second = await one.probe(target(port), "exchange");
    expect(first).toMatchObject({ trouble: null, connected: true, connectUs: expect.any(Number) });
    expect(second).toMatchObject({ trouble: null, exchangeUs: expect.any(Number) });
    for (let more = 0; more < 20 && sockets.size === asked.length; more += 1) await one.probe(target(port), "exchange");
    // A connection is free again when its answer has been read to the end: of many probes some share one.
    expect(sockets.size).toBeLessThan(asked.length);
    expect(new Set(asked)).toEqual(new Set(["HEAD portolan-probe.invalid portolan-probe"]));
  });

  it.each([
    [{ path: "/healthz" }, null],
    [{ path: "/healthz", body: "all is well" }, null],
    [{ path: "/healthz", body: "all is lost" }, 'the body does not contain "all is lost"'],
    [{ path: "/down" }, "status 503"],
    [{ path: "/down", status: { from: 500, to: 599 } }, null],
    [{ path: "/host", host: "shop.example.org", body: "shop.example.org" }, null],
    [{ type: "tcp" as const }, null],
  ])("judges %o: %s", async (check, trouble) => {
    const port = await httpServer((request, response) => {
      response.statusCode = request.url === "/down" ? 503 : 200;
      response.end(request.url === "/host" ? request.headers.host : "all is well");
    });
    expect((await prober().probe(target(port, check), "exchange")).trouble).toBe(trouble);
  });

  it("opens a connection and asks nothing where connecting is all that is wanted", async () => {
    let asked = 0;
    const port = await httpServer((_request, response) => {
      asked += 1;
      response.end();
    });
    const result = await prober().probe(target(port), "connect");
    expect(result).toMatchObject({ trouble: null, connected: true, isLocal: true, connectUs: expect.any(Number) });
    expect([result.exchangeUs, asked]).toEqual([null, 0]);
  });

  it("tells no connection from no answer", async () => {
    const port = await silentServer();
    const silent = await prober().probe(target(port, { timeoutMs: 50 }), "exchange");
    expect(silent).toMatchObject({ trouble: "no answer in 50 ms", connected: true, exchangeUs: null });
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", () => resolve()));
    const free = (gone.address() as AddressInfo).port;
    await new Promise((resolve) => gone.close(resolve));
    expect(await prober().probe(target(free), "exchange")).toMatchObject({ trouble: "refused", connected: false });
    expect((await prober().probe(target(port, { type: "tls", timeoutMs: 50 }), "exchange")).trouble).toBe(
      "no connection in 50 ms",
    );
  });

  it("never connects to what origins must not be", async () => {
    let asked = 0;
    const port = await httpServer((_request, response) => {
      asked += 1;
      response.end();
    });
    expect((await prober(false).probe(target(port), "exchange")).trouble).not.toBeNull();
    const named = { ...target(port), origin: { ...target(port).origin, connectHost: "localhost" } };
    expect((await prober(false).probe(named, "connect")).trouble).toMatch(/forbidden/);
    expect(asked).toBe(0);
  });
});
