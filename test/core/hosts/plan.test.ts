import { describe, expect, it } from "vitest";
import { type HostsInput, NO_HOSTS, planHosts } from "../../../src/core/hosts/plan.ts";

const GRACE_MS = 60_000;
const plan = (more: Partial<HostsInput> = {}) =>
  planHosts({
    listed: [],
    wanted: [],
    declared: [],
    memory: NO_HOSTS,
    isExplained: () => true,
    isPointed: () => false,
    nowMs: 1000,
    graceMs: () => GRACE_MS,
    ...more,
  });
const serving = (...hosts: readonly string[]) => hosts.map((host) => ({ host, state: { status: "serving" } }) as const);
const ours = (host: string, freeSinceMs: number | null = null) => ({
  ...NO_HOSTS,
  ours: [{ host, freeSinceMs }],
});

describe("planHosts()", () => {
  it("attaches what is neither declared nor attached, sorted, and remembers it first", () => {
    const wanted = ["shop.example.org", "a.example.org", "www.example.net", "there.example.org"];
    const planned = plan({ wanted, declared: ["*.example.net"], listed: serving("there.example.org") });
    expect(planned).toEqual({
      attach: ["a.example.org", "shop.example.org"],
      detach: [],
      memory: {
        format: 1,
        ours: [
          { host: "a.example.org", freeSinceMs: null },
          { host: "shop.example.org", freeSinceMs: null },
        ],
        served: ["there.example.org"],
      },
    });
  });

  it("detaches a host of ours once nobody has pointed at it for the whole time", () => {
    const listed = serving("shop.example.org");
    const first = plan({ listed, memory: ours("shop.example.org") });
    expect([first.detach, first.memory.ours]).toEqual([[], [{ host: "shop.example.org", freeSinceMs: 1000 }]]);
    const { memory } = first;
    expect(plan({ listed, memory, nowMs: 1000 + GRACE_MS - 1 }).detach).toEqual([]);
    expect(plan({ listed, memory, nowMs: 1000 + GRACE_MS }).detach).toEqual(["shop.example.org"]);
  });

  it.each([
    ["nobody saw why it went", { isExplained: () => false }],
    ["DNS points at it", { isPointed: () => true }],
    ["it is wanted again", { wanted: ["shop.example.org"] }],
  ])("never detaches while %s, and begins to wait anew", (_why, more) => {
    const listed = serving("shop.example.org");
    const planned = plan({ listed, memory: ours("shop.example.org", 0), nowMs: GRACE_MS * 10, ...more });
    expect([planned.detach, planned.memory.ours]).toEqual([[], [{ host: "shop.example.org", freeSinceMs: null }]]);
  });

  it("never detaches what others attached, and forgets what is gone", () => {
    const planned = plan({ listed: serving("by-hand.example.org"), memory: ours("shop.example.org", 0), nowMs: 1e9 });
    expect([planned.detach, planned.memory.ours]).toEqual([[], []]);
  });

  it("remembers who served until it is detached", () => {
    const waiting = { status: "waiting", message: "renewal", needs: [] } as const;
    const memory = { ...NO_HOSTS, served: ["shop.example.org", "gone.example.org"] };
    const listed = [{ host: "shop.example.org", state: waiting }];
    expect(plan({ listed, memory, wanted: ["shop.example.org"] }).memory.served).toEqual(["shop.example.org"]);
  });
});
