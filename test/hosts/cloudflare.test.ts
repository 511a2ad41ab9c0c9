import { describe, expect, it } from "vitest";
import { cloudflareHosts } from "../../src/hosts/cloudflare.ts";
import { hostSuite } from "../conformance/hosts.ts";
import { virtualTime } from "../dns/virtual-time.ts";
import { type CustomHostnames, startCustomHostnames, TOKEN } from "./custom-hostnames-server.ts";

function handle(server: CustomHostnames, token: string = TOKEN) {
  const { url: baseUrl, zoneId } = server;
  return cloudflareHosts({ token, zoneId, target: "edge.example.net", baseUrl, time: virtualTime() });
}

hostSuite("cloudflare", async () => {
  const server = await startCustomHostnames();
  return {
    provider: handle(server),
    other: handle(server),
    publish: ({ name, value }) => void server.records.set(name, [...(server.records.get(name) ?? []), value]),
    breakDown: () => void (server.trouble.down = true),
    close: server.close,
  };
});

describe("cloudflareHosts()", () => {
  it("waits out what is throttled", async () => {
    const server = await startCustomHostnames();
    server.trouble.throttle = 3;
    expect(await handle(server).attach("shop.example.org")).toEqual({ status: "done" });
    await server.close();
  });

  it("attaches once when the answer was lost", async () => {
    const server = await startCustomHostnames();
    server.trouble.lose = 1;
    expect(await handle(server).attach("shop.example.org")).toEqual({ status: "done" });
    expect(server.held.map(({ hostname }) => hostname)).toEqual(["shop.example.org"]);
    server.trouble.lose = 1;
    expect(await handle(server).detach("shop.example.org")).toEqual({ status: "done" });
    expect(server.held).toEqual([]);
    await server.close();
  });

  it("says what Cloudflare says when it gives up on a certificate, and what the token lacks", async () => {
    const server = await startCustomHostnames();
    await handle(server).attach("shop.example.org");
    const [held] = server.held;
    if (held !== undefined) held.sslStatus = "validation_timed_out";
    const [found] = await handle(server).list();
    expect(found?.state).toEqual({
      status: "stuck",
      message:
        "the host is pending, its certificate validation_timed_out: custom hostname does not CNAME to this zone.",
    });
    await expect(handle(server, "another").list()).rejects.toThrow("HTTP 403 9109 Invalid access token");
    expect(await handle(server, "another").attach("a.example.org")).toEqual({
      status: "refused",
      message: "HTTP 403 9109 Invalid access token",
    });
    await server.close();
  });
});
