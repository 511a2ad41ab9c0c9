import { describe, expect, it } from "vitest";
import { attachHosts, type HostsWanted } from "../../src/hosts/attach-hosts.ts";
import { mayMove } from "../../src/hosts/may-move.ts";
import { memoryWorld } from "./memory-world.ts";

const round = (more: Partial<HostsWanted> = {}): HostsWanted => ({
  wanted: [],
  declared: [],
  ours: new Set(),
  pointed: new Set(),
  ...more,
});

describe("attachHosts()", () => {
  it("attaches what no declared host covers, and detaches only what it attached itself", async () => {
    const { provider } = memoryWorld();
    await provider.attach("by-hand.example.org");
    const wanted = ["shop.example.org", "a.edge.example.net", "edge.example.net"];
    const first = await attachHosts(provider, round({ wanted, declared: ["*.edge.example.net"] }));
    expect(first.attached.map(({ host }) => host)).toEqual([
      "by-hand.example.org",
      "edge.example.net",
      "shop.example.org",
    ]);
    const second = await attachHosts(provider, round({ ours: first.ours }));
    expect(second.attached.map(({ host }) => host)).toEqual(["by-hand.example.org"]);
    expect([...second.ours]).toEqual([]);
  });

  it("keeps a host whose DNS still points at the edge", async () => {
    const { provider } = memoryWorld();
    const { ours } = await attachHosts(provider, round({ wanted: ["shop.example.org"] }));
    const kept = await attachHosts(provider, round({ ours, pointed: new Set(["shop.example.org"]) }));
    expect([kept.attached.map(({ host }) => host), [...kept.ours]]).toEqual([
      ["shop.example.org"],
      ["shop.example.org"],
    ]);
  });

  it("goes on after a host that the platform refuses, and says why", async () => {
    const { provider } = memoryWorld();
    const { attached, ours, problems } = await attachHosts(
      provider,
      round({ wanted: ["no_host", "shop.example.org"] }),
    );
    expect(attached.map(({ host }) => host)).toEqual(["shop.example.org"]);
    expect([...ours]).toEqual(["shop.example.org"]);
    expect(problems).toEqual([{ host: "no_host", message: '"no_host" is no host name' }]);
  });
});

describe("mayMove()", () => {
  it("lets DNS move only once the edge answers for the host, and says what it waits for", async () => {
    const { provider, publish } = memoryWorld();
    const move = async (host: string) =>
      mayMove(host, { declared: ["*.example.net"], attached: await provider.list() });
    expect(await move("www.example.net")).toEqual({ may: true });
    expect(await move("a.www.example.net")).toEqual({ may: false, waitsFor: "the edge to take the host" });
    await provider.attach("shop.example.org");
    expect(await move("shop.example.org")).toEqual({
      may: false,
      waitsFor:
        'TXT _owner.shop.example.org "owner-0", TXT _acme-challenge.shop.example.org "challenge-0" (2 of 2 records are missing)',
    });
    const [found] = await provider.list();
    for (const need of found?.state.status === "waiting" ? found.state.needs : []) publish(need);
    expect(await move("shop.example.org")).toEqual({ may: true });
  });

  it("takes an attached wildcard for the names below it, and tells a certificate that will never come", () => {
    const attached = [
      { host: "*.example.org", state: { status: "serving" } },
      { host: "b.example.com", state: { status: "stuck", message: "validation timed out" } },
    ] as const;
    expect(mayMove("shop.example.org", { declared: [], attached })).toEqual({ may: true });
    expect(mayMove("b.example.com", { declared: [], attached })).toEqual({
      may: false,
      waitsFor: "somebody to see to it: validation timed out",
    });
  });
});
