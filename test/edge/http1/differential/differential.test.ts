import { describe, expect, it } from "vitest";
import { difference } from "./compare.ts";
import { explained, KNOWN_REQUESTS } from "./known.ts";
import { llhttpRequests } from "./llhttp.ts";
import { ourRequests } from "./ours.ts";
import { compareParsers } from "./run.ts";

/** A million, with the counts: `node bench/fuzz.ts`. */
const RUNS = 4000;

describe("the engine's parsers", () => {
  it.each([
    ["requests", 0.3],
    ["answers", 0.3],
  ] as const)(
    "read %s as the slow parser and llhttp do, but where an RFC says why not",
    (kind, share) => {
      const { inputs, accepted, refused, known } = compareParsers(kind, RUNS, 20_261_124);
      expect(inputs).toBe(RUNS);
      expect(accepted).toBeGreaterThan(RUNS * share);
      expect(refused).toBeGreaterThan(RUNS * 0.1);
      expect(known.size).toBeGreaterThan(5);
    },
    120_000,
  );
});

describe("explained()", () => {
  const found = (input: string) =>
    difference(
      input,
      (text) => ourRequests([text]),
      (text) => llhttpRequests([text]),
    );

  it("knows why a request without Host is refused, and nothing of one that is taken in another way", () => {
    const noHost = found("GET / HTTP/1.1\r\nX: y\r\n\r\n");
    expect(noHost).toMatchObject({ ours: "no-host", theirs: "accepts" });
    expect(noHost === null ? null : explained(noHost, KNOWN_REQUESTS)).toMatch(/^RFC 9112 §3\.2/);
    expect(found("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).toBeNull();
    const smuggled = difference(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
      (text) => ourRequests([text]),
      // A parser that does not see the length.
      (text) => llhttpRequests([text.replace("Content-Length: 5\r\n", "")]),
    );
    expect(smuggled === null ? "same" : explained(smuggled, KNOWN_REQUESTS)).toBeNull();
  });
});
