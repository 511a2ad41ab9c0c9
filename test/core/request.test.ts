import { describe, expect, it } from "vitest";
import { canonicalHost } from "../../src/core/request/host.ts";
import { canonicalTarget } from "../../src/core/request/path.ts";

describe("canonicalHost()", () => {
  it.each([
    ["shop.example.org", "shop.example.org"],
    ["SHOP.Example.ORG", "shop.example.org"],
    ["shop.example.org.", "shop.example.org"],
    ["shop.example.org:8443", "shop.example.org"],
    ["shop.example.org.:80", "shop.example.org"],
    ["shop.example.org:", "shop.example.org"],
    ["a_b.example.org", "a_b.example.org"],
    ["192.0.2.1:7100", "192.0.2.1"],
    ["[2001:DB8::1]:80", "[2001:db8::1]"],
    ["[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]"],
  ])("reads %s as %s", (authority, host) => {
    expect(canonicalHost(authority)).toEqual({ ok: true, host });
  });

  it.each([
    "",
    ".",
    ".example.org",
    "shop..example.org",
    "shop.example.org..",
    "user@shop.example.org",
    "*.example.org",
    "shop.example.org:80:80",
    "shop.example.org:65536",
    "shop.example.org:-1",
    "shop.example.org:8o",
    "shop example.org",
    "shop.example.org/x",
    "shop.example.org?x",
    "shop\\example.org",
    "shop%2eexample.org",
    "shöp.example.org",
    "shop\u0000.example.org",
    `${"a".repeat(64)}.example.org`,
    `${"a.".repeat(127)}aa`,
    "[::1",
    "[1:2:3]",
    "[::1::2]",
    "[::1]x",
    "[::256.1.1.1]",
    "[12345::]",
  ])("refuses %j", (authority) => {
    expect(canonicalHost(authority).ok).toBe(false);
  });
});

describe("canonicalTarget()", () => {
  it.each([
    ["/", "/", ""],
    ["/a/b?c=d&e", "/a/b", "?c=d&e"],
    ["/%61%2D%7e", "/a-~", ""],
    ["/a%2fb", "/a%2Fb", ""],
    ["/a%252fb", "/a%252fb", ""],
    ["/a/./b/../c", "/a/c", ""],
    ["/a/%2e%2E/b", "/b", ""],
    ["/../../x", "/x", ""],
    ["/a/..", "/", ""],
    ["/a/.", "/a/", ""],
    ["//evil.example/x", "//evil.example/x", ""],
    ["/a//../b", "/a/b", ""],
    ["/a/...", "/a/...", ""],
    ["/.well-known/x", "/.well-known/x", ""],
    ["/caf%c3%a9", "/caf%C3%A9", ""],
    ["/a;b=c/d", "/a;b=c/d", ""],
    ["/a?x=/../y", "/a", "?x=/../y"],
    ["/a?", "/a", "?"],
    ["/a%20b", "/a%20b", ""],
  ])("reads %s as %s%s", (target, path, query) => {
    expect(canonicalTarget(target)).toEqual({ ok: true, path, query, whole: path + query });
  });

  it.each([
    "",
    "a",
    "*",
    "http://shop.example.org/",
    "/a b",
    "/a\tb",
    "/a\u0000",
    "/caf\u00e9",
    "/a\\b",
    "/a%5cb",
    "/a%00",
    "/a%0d%0a",
    "/a%7f",
    "/a%",
    "/a%2",
    "/a%zz",
    "/a%c0%af",
    "/a%ed%a0%80",
    "/a%f5%80%80%80",
    "/a%c3x",
    "/a%a9",
    "/a/..;/b",
    "/a/.;x/b",
    "/a/%2e%2e;/b",
    "/a#b",
    "/a?b#c",
    "/a?b c",
    `/${"a".repeat(20_000)}`,
  ])("refuses %j", (target) => {
    expect(canonicalTarget(target).ok).toBe(false);
  });

  it("is idempotent: what is forwarded reads as itself", () => {
    for (const target of ["/a/%2e%2E/%41//b;c/%2f?x=%2e", "/%e2%82%ac/../%25%32%45"]) {
      const once = canonicalTarget(target);
      if (!once.ok) throw new Error(once.reason);
      expect(canonicalTarget(once.path + once.query)).toEqual(once);
    }
  });
});
