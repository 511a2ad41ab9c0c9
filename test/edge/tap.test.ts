import { describe, expect, it } from "vitest";
import { newEvent, type RequestEvent } from "../../src/edge/event.ts";
import { newTap, tapFilter } from "../../src/edge/tap.ts";

function event(host: string, status: number): RequestEvent {
  return Object.assign(newEvent("GET", "http", 0), { host, status });
}

async function read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const { value } = await reader.read();
  return new TextDecoder().decode(value).trim();
}

describe("newTap()", () => {
  it("makes no line while nobody listens, nor for what the filter leaves out", async () => {
    const tap = newTap(() => 0);
    let made = 0;
    const line = () => `line ${(made += 1)}`;
    tap.offer(event("a.example.org", 200), line);
    const reader = tap.listen(tapFilter({ host: "a.example.org", status: "5xx" })).getReader();
    await read(reader);
    tap.offer(event("a.example.org", 200), line);
    tap.offer(event("b.example.org", 503), line);
    tap.offer(event("a.example.org", 503), line);
    expect([await read(reader), made]).toEqual(["line 1", 1]);
    await reader.cancel();
    tap.offer(event("a.example.org", 503), line);
    expect(made).toBe(1);
  });

  it("shows 200 a second and says of how many", async () => {
    let nowMs = 0;
    const tap = newTap(() => nowMs);
    const reader = tap.listen(tapFilter({})).getReader();
    await read(reader);
    for (let index = 0; index < 1000; index += 1) tap.offer(event("a", 200), () => `line ${index}`);
    for (let index = 0; index < 200; index += 1) expect(await read(reader)).toBe(`line ${index}`);
    nowMs = 1000;
    tap.offer(event("a", 200), () => "next second");
    expect(JSON.parse(await read(reader))).toEqual({ sampled: { shown: 200, of: 1000 } });
    expect(await read(reader)).toBe("next second");
    await reader.cancel();
  });

  it("never waits for a listener that does not read", () => {
    const tap = newTap(() => 0);
    tap.listen(tapFilter({}));
    for (let index = 0; index < 100_000; index += 1) tap.offer(event("a", 200), () => "line");
  });

  it("refuses a listener too many", () => {
    const tap = newTap(() => 0);
    for (let index = 0; index < 16; index += 1) tap.listen(tapFilter({}));
    expect(() => tap.listen(tapFilter({}))).toThrow(RangeError);
  });
});
