import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equalInConstantTime, hopField, hopText, parseHopField } from "../../../src/core/hop/hop.ts";
import { replayWindow } from "../../../src/core/hop/replay-window.ts";

const SIGNATURE = { keyId: "k-1", atSeconds: 1_764_000_000, nonce: "0123456789abcdef".repeat(2), mac: "a".repeat(64) };
const nonce = (index: number) => index.toString(16).padStart(32, "0");

describe("parseHopField()", () => {
  it("reads back what hopField() wrote", () => {
    expect(parseHopField(hopField(SIGNATURE))).toEqual(SIGNATURE);
  });

  it("never throws, and takes nothing but its own spelling", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        const parsed = parseHopField(text);
        expect(parsed === null || hopField(parsed) === text).toBe(true);
      }),
    );
  });

  it.each([
    "",
    "v1",
    "v2 k 1 00 00",
    hopField(SIGNATURE).replace(" 1764", " 01764"),
    `${hopField(SIGNATURE)} x`,
    hopField({ ...SIGNATURE, mac: "A".repeat(64) }),
  ])("refuses %j", (text) => expect(parseHopField(text)).toBeNull());
});

describe("hopText()", () => {
  it("differs when any fact does", () => {
    const facts = { method: "GET", authority: "a", target: "/", backend: "n/s/80", atSeconds: 1, nonce: "0" };
    const texts = [
      facts,
      { ...facts, method: "PUT" },
      { ...facts, authority: "b" },
      { ...facts, target: "/x" },
      { ...facts, backend: "n/s/81" },
      { ...facts, atSeconds: 2 },
      { ...facts, nonce: "1" },
    ].map(hopText);
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe("equalInConstantTime()", () => {
  it("is equality", () => {
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => equalInConstantTime(a, b) === (a === b)));
    expect(equalInConstantTime("", "a")).toBe(false);
    expect(equalInConstantTime("aa", "a")).toBe(false);
  });
});

describe("replayWindow()", () => {
  it("lets a nonce through once, for as long as its signature is good", () => {
    const window = replayWindow();
    expect(window.judge(1000, nonce(1), 1000)).toBe("fresh");
    for (let now = 1000; now <= 1030; now += 1) expect(window.judge(1000, nonce(1), now)).toBe("replayed");
    expect(window.judge(1000, nonce(1), 1031)).toBe("expired");
  });

  it("refuses what is from another time", () => {
    const window = replayWindow();
    expect(window.judge(969, nonce(1), 1000)).toBe("expired");
    expect(window.judge(1031, nonce(2), 1000)).toBe("from-the-future");
    expect(window.judge(970, nonce(3), 1000)).toBe("fresh");
  });

  it("never serves the same signature twice, whatever the clock does", () => {
    const steps = fc.array(fc.record({ at: fc.nat(400), id: fc.nat(20), now: fc.nat(400) }), { maxLength: 200 });
    fc.assert(
      fc.property(steps, fc.boolean(), (drawn, forward) => {
        const window = replayWindow();
        const served = new Set<string>();
        const ordered = forward ? [...drawn].sort((a, b) => a.now - b.now) : drawn;
        for (const { at, id, now } of ordered) {
          if (window.judge(at, nonce(id * 1000 + at), now) !== "fresh") continue;
          const key = `${at}/${id}`;
          // A clock that jumps about may refuse too much; only with a steady clock is more promised.
          if (forward) expect(served.has(key)).toBe(false);
          served.add(key);
        }
      }),
    );
  });

  it("refuses rather than forget when it is flooded", () => {
    const window = replayWindow(2);
    expect([1, 2, 3].map((index) => window.judge(1000, nonce(index), 1000))).toEqual(["fresh", "fresh", "too-many"]);
    expect(window.judge(1000, nonce(1), 1000)).toBe("replayed");
  });
});
