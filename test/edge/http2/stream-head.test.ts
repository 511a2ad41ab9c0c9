import { describe, expect, it } from "vitest";
import { ENGINE_LIMITS } from "../../../src/edge/http1/client-limits.ts";
import { readStream } from "../../../src/edge/http2/stream-head.ts";

type Pairs = readonly (readonly [string, string])[];
const GET: Pairs = [
  [":method", "GET"],
  [":scheme", "https"],
  [":authority", "a.example"],
  [":path", "/x?y"],
];
const read = (pairs: Pairs, ended = true) =>
  readStream(pairs.flat(), { ended, scheme: "https", limits: ENGINE_LIMITS });
const but = (name: string, value: string): Pairs => GET.map((pair) => (pair[0] === name ? [name, value] : pair));

describe("readStream()", () => {
  it("gives a head as HTTP/1.1 has it: Host from the authority, crumbs of cookies together", () => {
    const head = read([...GET, ["cookie", "a=1"], ["x-a", "1"], ["cookie", "b=2"]]);
    expect(head).toMatchObject({ method: "GET", target: "/x?y", host: "a.example", body: "none", keepAlive: true });
    expect("fields" in head && head.fields).toEqual([
      ["host", "a.example"],
      ["x-a", "1"],
      ["cookie", "a=1; b=2"],
    ]);
  });

  it("knows a body by its length, or by a stream that goes on", () => {
    const post = but(":method", "POST");
    expect(read(post, false)).toMatchObject({ body: "chunked", length: -1 });
    expect(read([...post, ["content-length", "5"]], false)).toMatchObject({ body: "length", length: 5 });
    expect(read(post, true)).toMatchObject({ body: "none", length: 0 });
  });

  it.each<[string, Pairs, number]>([
    ["two hosts that differ", [...GET, ["host", "b.example"]], 400],
    ["no host", GET.filter(([name]) => name !== ":authority"), 400],
    ["another scheme", but(":scheme", "http"), 400],
    ["a pseudo field behind a field", [["x-a", "1"], ...GET], 400],
    ["a pseudo field twice", [...GET, [":path", "/other"]], 400],
    ["an unknown pseudo field", [...GET, [":protocol", "websocket"]], 400],
    ["a line end in a value", [...GET, ["x-a", "1\r\nx-b: 2"]], 400],
    ["a NUL in a value", [...GET, ["x-a", "1\0"]], 400],
    ["a space before a value", [...GET, ["x-a", " 1"]], 400],
    ["a name in capitals", [...GET, ["X-A", "1"]], 400],
    ["a name with a colon", [...GET, ["x-a:", "1"]], 400],
    ["Transfer-Encoding", [...GET, ["transfer-encoding", "chunked"]], 400],
    ["Connection", [...GET, ["connection", "close"]], 400],
    ["TE but trailers", [...GET, ["te", "gzip"]], 400],
    ["a space in the target", but(":path", "/a b HTTP/1.1"), 400],
    ["a line end in the target", but(":path", "/ HTTP/1.1\r\nhost: b"), 400],
    ["a target that is an address", but(":path", "https://b.example/"), 400],
    ["a method with a space", but(":method", "GET /x"), 400],
    ["CONNECT", but(":method", "CONNECT"), 405],
    ["two lengths", [...GET, ["content-length", "1"], ["content-length", "1"]], 400],
    ["a length that is none", [...GET, ["content-length", "+1"]], 400],
    ["a long target", but(":path", `/${"x".repeat(16_384)}`), 414],
    ["a large head", [...GET, ["x-a", "x".repeat(32_768)]], 431],
    ["many fields", [...GET, ...Array.from({ length: 101 }, (): [string, string] => ["x-a", "1"])], 431],
  ])("refuses %s", (_what, pairs, status) => {
    expect(read(pairs)).toMatchObject({ status });
  });
});
