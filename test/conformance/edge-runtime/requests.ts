/** Where a request goes, and what the origin is told about it. */
import { expect } from "vitest";
import { ask, rawStatus } from "../edge-client.ts";
import type { Register } from "../edge-runtime.ts";
import { DEBUG_TOKEN, HOST } from "../edge-world.ts";

export function requestTests(test: Register): void {
  test("sends a request to the nearest cluster", async ({ world, edge }) => {
    expect(await ask(edge.url, "/cart?x=1")).toMatchObject({ status: 200, text: "fra" });
    expect(world.origins[0].seen).toMatchObject([{ method: "GET", target: "/cart?x=1" }]);
    expect(world.origins[1].seen.length + world.origins[2].seen.length).toBe(0);
  });

  test("tells the origin the public host, in Host where the runtime can", async ({ world, edge, runtime }) => {
    await ask(edge.url, "/");
    const headers = new Map(world.origins[0].seen[0]?.headers);
    expect(headers.get("x-forwarded-host")).toBe(HOST);
    if (runtime.hostOverride === "any") expect(headers.get("host")).toBe(HOST);
    else expect(headers.get("host")).toBe(`127.0.0.1:${world.origins[0].port}`);
  });

  test("takes no client's word for who it is, and keeps its own fields", async ({ world, edge }) => {
    const lies = {
      "x-forwarded-for": "198.51.100.66",
      "x-forwarded-host": "evil.example.org",
      "x-forwarded-proto": "gopher",
      forwarded: "for=198.51.100.66",
      "x-real-ip": "198.51.100.66",
      "x-original-url": "/admin",
      x_real_ip: "198.51.100.66",
      proxy: "http://evil.example.org",
      "portolan-client-country": "ZZ",
      "portolan-debug": "guess",
    };
    await ask(edge.url, "/", { headers: { ...lies, "x-mine": "kept", authorization: "Bearer t" } });
    const headers = world.origins[0].seen[0]?.headers ?? [];
    expect(JSON.stringify(headers)).not.toMatch(/198\.51\.100\.66|evil|gopher|\/admin|guess|"ZZ"/);
    expect(headers).toContainEqual(["x-mine", "kept"]);
    expect(headers).toContainEqual(["authorization", "Bearer t"]);
    expect(new Map(headers).get("x-forwarded-proto")).toBe("http");
  });

  test("removes what ends at this hop, also what Connection nominates", async ({ world, edge }) => {
    const headers = { connection: "keep-alive, x-secret", "x-secret": "1", te: "trailers", "keep-alive": "timeout=5" };
    await ask(edge.url, "/", { headers });
    const names = world.origins[0].seen[0]?.headers.map(([name]) => name) ?? [];
    expect(names).not.toContain("x-secret");
    expect(names).not.toContain("keep-alive");
    expect(names).not.toContain("te");
  });

  test("continues a trace and gives each request an id", async ({ world, edge }) => {
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    await ask(edge.url, "/", { headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } });
    const headers = new Map(world.origins[0].seen[0]?.headers);
    expect(headers.get("traceparent")).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    expect(headers.get("traceparent")).not.toContain("00f067aa0ba902b7");
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f]{32}$/);
  });

  test("finds a loop", async ({ world, edge }) => {
    expect((await ask(edge.url, "/", { headers: { "cdn-loop": "portolan" } })).status).toBe(508);
    expect(world.origins[0].seen).toEqual([]);
  });

  test("answers 400 to a malformed target and 404 to a host that nobody routes", async ({ world, edge }) => {
    for (const target of ["/%zz", "/a%00b", "/%C0%AF", "/..;/x", "/a%5Cb"]) {
      expect([target, (await ask(edge.url, target)).status]).toEqual([target, 400]);
    }
    expect((await ask(edge.url, "/", { host: "other.example.org" })).status).toBe(404);
    expect(world.origins[0].seen).toEqual([]);
  });

  test("answers 400 to a malformed head", async ({ world, edge }) => {
    expect(await rawStatus(edge.url, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n")).toBe(400);
    expect(await rawStatus(edge.url, `GET / HTTP/1.1\r\nHost: ${HOST}\r\nX Y: 1\r\n\r\n`)).toBe(400);
    expect(await rawStatus(edge.url, `GET /\x01 HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`)).toBe(400);
    expect(world.origins[0].seen).toEqual([]);
  });

  test("keeps a target that looks like an authority with its own origin", async ({ world, edge }) => {
    for (const target of ["//evil.example.org/x", "//evil.example.org:80//x?y=//z"]) await ask(edge.url, target);
    expect(world.origins[0].seen.map((one) => one.target)).toEqual([
      "//evil.example.org/x",
      "//evil.example.org:80//x?y=//z",
    ]);
  });

  test("normalises once: what was matched is what is asked for", async ({ world, edge }) => {
    await ask(edge.url, "/a/./b/../%63?q=%2e%2E");
    expect(world.origins[0].seen[0]?.target).toBe("/a/c?q=%2e%2E");
  });

  test("shows its decision to the debug token alone", async ({ edge }) => {
    const told = await ask(edge.url, "/", { headers: { "portolan-debug": DEBUG_TOKEN } });
    expect(told.headers["portolan-candidates"]).toMatch(/^fra;cost=.*nyc;cost=.*tok;cost=/);
    expect(told.headers["portolan-snapshot"]).toMatch(/^1\.\d+ [0-9a-f]{64}; age=\d+$/);
    expect(told.headers["server-timing"]).toContain("fra");
    const guessed = await ask(edge.url, "/", { headers: { "portolan-debug": `${DEBUG_TOKEN}x` } });
    expect(Object.keys(guessed.headers).filter((name) => name.startsWith("portolan"))).toEqual([]);
    expect(guessed.headers["server-timing"]).toBeUndefined();
  });
}
