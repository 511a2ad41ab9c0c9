import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { certificateTable } from "../../../src/edge/http1/certificates.ts";
import { selfSigned as certificate } from "../../build/certificate.ts";
import { type RawOrigin, rawOrigin, rawTalk } from "./raw.ts";
import { startWorld } from "./world.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function origin(): Promise<RawOrigin> {
  const one = await rawOrigin();
  closing.push(one.close);
  return one;
}

const get = (more = "") => `GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n${more}\r\n`;

async function read(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return text;
}

describe("serveHttp1() behind a load balancer", () => {
  it("takes the client's address from a PROXY header of whom it trusts, and closes without one", async () => {
    const one = await origin();
    const edge = await startWorld({
      hosts: ["a.example"],
      gateways: [{ port: one.port }],
      edge: { proxyProtocolFrom: ["127.0.0.9/32"] },
    });
    closing.push(edge.close);
    const talk = (bytes: string) => rawTalk(edge.url, [{ bytes: Buffer.from(bytes, "latin1"), delayMs: 0 }], 0);
    const header = "PROXY TCP4 203.0.113.7 127.0.0.1 4000 80\r\n";
    expect((await talk(header + get())).answers[0]?.status).toBe(200);
    expect(one.requests[0]?.fields).toContainEqual(["x-forwarded-for", "203.0.113.7"]);
    expect((await talk(get())).text).toBe("");
    expect((await talk("PROXY TCP4 nonsense\r\n")).text).toBe("");
    expect(one.requests).toHaveLength(1);
    // 127.0.0.1 is not trusted: its header is what it looks like, a request that is none.
    const { hostname, port } = new URL(edge.url);
    const other = connect({ host: hostname, port: Number(port) });
    other.write(header + get());
    expect(await read(other)).toMatch(/^HTTP\/1\.1 400 /);
    expect(one.requests).toHaveLength(1);
  });

  it("sends plain requests to https, with what was routed and nothing else", async () => {
    const one = await origin();
    const edge = await startWorld({ hosts: ["a.example"], gateways: [{ port: one.port }], edge: { httpsPort: 443 } });
    closing.push(edge.close);
    const ask = async (target: string, host: string) => {
      const bytes = Buffer.from(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      const { answers } = await rawTalk(edge.url, [{ bytes, delayMs: 0 }], 1);
      return [answers[0]?.status, answers[0]?.fields.find(([name]) => name === "location")?.[1]];
    };
    expect(await ask("/a/../b?c=%0d", "A.example:8080")).toEqual([308, "https://a.example/b?c=%0d"]);
    expect(await ask("/", "evil.example")).toEqual([404, undefined]);
    expect(one.requests).toEqual([]);
  });
});

describe("serveHttp1() with certificates", () => {
  it("ends TLS with the certificate of the name asked for, and exchanges it without cutting anybody", async () => {
    const one = await origin();
    const [a, b, c] = [certificate("a.example"), certificate("b.example"), certificate("a.example")];
    const certificates = certificateTable([a, b]);
    const edge = await startWorld({
      hosts: ["a.example", "b.example"],
      gateways: [{ port: one.port }],
      edge: { certificates },
    });
    closing.push(edge.close);
    const { port } = new URL(edge.url);
    const open = async (servername: string, ca: string): Promise<Socket> => {
      const socket = connectTls({ host: "127.0.0.1", port: Number(port), servername, ca });
      closing.push(() => socket.destroy());
      await new Promise<void>((resolve, reject) => socket.once("secureConnect", () => resolve()).once("error", reject));
      return socket;
    };
    const before = await open("a.example", a.cert);
    const other = await open("b.example", b.cert);
    other.write(get());
    expect(await read(other)).toMatch(/^HTTP\/1\.1 200 /);
    expect(one.requests[0]?.fields).toContainEqual(["x-forwarded-proto", "https"]);
    certificates.replace([c, b]);
    await expect(open("a.example", a.cert)).rejects.toThrow(/self-signed/);
    const after = await open("a.example", c.cert);
    for (const socket of [before, after]) {
      socket.write(get());
      expect(await read(socket)).toMatch(/^HTTP\/1\.1 200 /);
    }
    expect(() => certificates.replace([{ ...a, key: "nonsense" }])).toThrow();
    await open("a.example", c.cert);
  });

  it("shows the first certificate to a client that names nobody, and the next one once it is exchanged", async () => {
    const [a, b] = [certificate("a.example"), certificate("b.example")];
    const certificates = certificateTable([a, b]);
    const edge = await startWorld({ hosts: ["a.example"], gateways: [], edge: { certificates } });
    closing.push(edge.close);
    const shown = async (): Promise<string | string[] | undefined> => {
      const socket = connectTls({ host: "127.0.0.1", port: Number(new URL(edge.url).port), rejectUnauthorized: false });
      closing.push(() => socket.destroy());
      await new Promise<void>((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
      return socket.getPeerCertificate().subject.CN;
    };
    expect(await shown()).toBe("a.example");
    certificates.replace([b, a]);
    expect(await shown()).toBe("b.example");
  });

  it("verifies an https origin, and sends SNI", async () => {
    const trusted = certificate("origin.example");
    const names: unknown[] = [];
    const { createServer } = await import("node:tls");
    const server = createServer({ cert: trusted.cert, key: trusted.key }, (socket) => {
      names.push(socket.servername);
      socket.on("error", () => undefined);
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    closing.push(() => server.close());
    const address = server.address();
    const originPort = typeof address === "object" && address !== null ? address.port : 0;
    const gateway = { port: originPort, protocol: "https", serverName: "origin.example" } as const;
    const good = await startWorld({ hosts: ["a.example"], gateways: [{ ...gateway, ca: trusted.cert }] });
    const bad = await startWorld({ hosts: ["a.example"], gateways: [gateway] });
    closing.push(good.close, bad.close);
    const ask = async (url: string) => (await rawTalk(url, [{ bytes: Buffer.from(get()), delayMs: 0 }], 1)).text;
    expect(await ask(good.url)).toMatch(/^HTTP\/1\.1 200 /);
    expect(names).toEqual(["origin.example"]);
    expect(await ask(bad.url)).toContain("error=tls_protocol_error");
  });
});
