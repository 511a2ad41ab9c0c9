import { describe, expect, it } from "vitest";
import type { AttachedHost, NeededRecord } from "../../src/core/hosts/attached.ts";
import type { HostProvider } from "../../src/hosts/host-provider.ts";

/** An edge without hosts, and the DNS that it looks records up in. */
export interface HostWorld {
  readonly provider: HostProvider;
  /** A second handle on the same edge. */
  readonly other: HostProvider;
  publish(record: NeededRecord): void;
  /** From now on the platform cannot be reached. */
  breakDown(): void;
}

/** Takes a test of the suite. */
export type RegisterHostTest = (name: string, run: (world: HostWorld) => Promise<void>) => void;

/** More than one page of any platform that we know. */
const MANY = 60;

async function one(provider: HostProvider, host: string): Promise<AttachedHost | undefined> {
  return (await provider.list()).find((found) => found.host === host);
}

function needsOf(found: AttachedHost | undefined): readonly NeededRecord[] {
  return found?.state.status === "waiting" ? found.state.needs : [];
}

/** Every test of the suite, in order. */
export function hostTests(test: RegisterHostTest): void {
  test("has no hosts at first, and a name that they point at", async ({ provider }) => {
    expect(await provider.list()).toEqual([]);
    expect(provider.target).toMatch(/^[a-z0-9.-]+$/);
  });

  test("attaches a host, which then waits for its records", async ({ provider, other }) => {
    expect(await provider.attach("shop.example.org")).toEqual({ status: "done" });
    const found = await one(other, "shop.example.org");
    expect(found?.state.status).toBe("waiting");
    const needs = needsOf(found);
    expect(needs.length).toBeGreaterThan(0);
    // Records for the host itself would be DNS that moved too early.
    expect(needs.filter(({ name }) => !name.endsWith(".shop.example.org"))).toEqual([]);
  });

  test("serves once every record is there, and not before", async ({ provider, publish }) => {
    await provider.attach("shop.example.org");
    const needs = needsOf(await one(provider, "shop.example.org"));
    for (const need of needs) {
      expect((await one(provider, "shop.example.org"))?.state.status).toBe("waiting");
      publish(need);
    }
    expect(await one(provider, "shop.example.org")).toEqual({ host: "shop.example.org", state: { status: "serving" } });
  });

  test("attaches a host once, however often it is asked", async ({ provider, other }) => {
    const outcomes = await Promise.all([provider, other, provider].map((each) => each.attach("shop.example.org")));
    expect(outcomes.map(({ status }) => status)).toEqual(["done", "done", "done"]);
    const before = await provider.list();
    expect(before.map(({ host }) => host)).toEqual(["shop.example.org"]);
    expect(await provider.attach("shop.example.org")).toEqual({ status: "done" });
    // The certificate's way does not begin anew.
    expect(await provider.list()).toEqual(before);
  });

  test("attaches a wildcard as a wildcard", async ({ provider }) => {
    expect(await provider.attach("*.example.org")).toEqual({ status: "done" });
    expect((await provider.list()).map(({ host }) => host)).toEqual(["*.example.org"]);
    expect(await provider.detach("*.example.org")).toEqual({ status: "done" });
    expect(await provider.list()).toEqual([]);
  });

  test("refuses what is no host name", async ({ provider }) => {
    expect(await provider.attach("shop_example")).toEqual({ status: "refused", message: expect.stringMatching(/./) });
    expect(await provider.list()).toEqual([]);
  });

  test("detaches that host and no other, and does not mind detaching nothing", async ({ provider, other }) => {
    for (const host of ["shop.example.org", "www.shop.example.org", "shop.example.org.example.net"]) {
      await provider.attach(host);
    }
    expect(await provider.detach("shop.example.org")).toEqual({ status: "done" });
    expect((await other.list()).map(({ host }) => host)).toEqual([
      "shop.example.org.example.net",
      "www.shop.example.org",
    ]);
    expect(await provider.detach("shop.example.org")).toEqual({ status: "done" });
  });

  test("lists every host of many, sorted", async ({ provider }) => {
    const hosts = Array.from({ length: MANY }, (_, index) => `h${String(MANY - index).padStart(3, "0")}.example.org`);
    for (const host of hosts) await provider.attach(host);
    expect((await provider.list()).map(({ host }) => host)).toEqual(hosts.toReversed());
  });

  test("lists nothing by half: it rejects when the platform cannot be reached, and fails to attach", async (world) => {
    const { provider, breakDown } = world;
    await provider.attach("shop.example.org");
    breakDown();
    await expect(provider.list()).rejects.toThrow(/^Cannot list/);
    expect(await provider.attach("a.example.org")).toEqual({ status: "failed", message: expect.stringMatching(/./) });
    expect(await provider.detach("shop.example.org")).toEqual({
      status: "failed",
      message: expect.stringMatching(/./),
    });
  });
}

/** Runs the suite against a provider; each test gets an edge of its own. */
export function hostSuite(name: string, open: () => Promise<HostWorld & { close(): Promise<void> }>): void {
  describe(`${name} keeps the contract of hosts`, () => {
    hostTests((title, run) => {
      it(title, async () => {
        const world = await open();
        try {
          await run(world);
        } finally {
          await world.close();
        }
      });
    });
  });
}
