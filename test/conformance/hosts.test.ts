/** The suite of hosts, tested: the one in memory passes it (test/hosts), and none of these does. */
import { describe, it } from "vitest";
import type { HostProvider } from "../../src/hosts/host-provider.ts";
import { memoryWorld } from "../hosts/memory-world.ts";
import { type Broken, collected, expectAllTested, expectNoticed, outcomeOf, testFor } from "./broken.ts";
import { hostTests } from "./hosts.ts";

interface BrokenHosts extends Broken {
  readonly but: (provider: HostProvider) => Partial<HostProvider>;
}

const TABLE: readonly BrokenHosts[] = [
  {
    test: "has no hosts at first, and a name that they point at",
    does: "has no target",
    but: () => ({ target: "" }),
  },
  {
    test: "attaches a host, which then waits for its records",
    does: "serves at once",
    but: (provider) => ({
      list: async () => (await provider.list()).map(({ host }) => ({ host, state: { status: "serving" } })),
    }),
  },
  {
    test: "attaches a host, which then waits for its records",
    does: "does not say which records",
    but: (provider) => ({
      list: async () =>
        (await provider.list()).map(({ host }) => ({ host, state: { status: "waiting", message: "wait", needs: [] } })),
    }),
  },
  {
    test: "serves once every record is there, and not before",
    does: "serves with one record missing",
    but: (provider) => ({
      list: async () =>
        (await provider.list()).map((one) =>
          one.state.status === "waiting" && one.state.needs.length === 1
            ? { host: one.host, state: { status: "serving" } }
            : one,
        ),
    }),
  },
  {
    test: "attaches a host once, however often it is asked",
    does: "refuses a host that is there",
    but: (provider) => ({
      async attach(host) {
        const there = (await provider.list()).some((one) => one.host === host);
        return there ? { status: "refused", message: "duplicate" } : await provider.attach(host);
      },
    }),
  },
  {
    test: "attaches a host once, however often it is asked",
    does: "begins the certificate anew",
    but: (provider) => {
      let count = 0;
      return {
        async attach(host) {
          count += 1;
          if (count > 3) {
            await provider.attach(`other.${host}`);
            await provider.detach(host);
          }
          return await provider.attach(host);
        },
      };
    },
  },
  {
    test: "attaches a wildcard as a wildcard",
    does: "attaches the name above it",
    but: (provider) => ({ attach: (host) => provider.attach(host.replace("*.", "")) }),
  },
  {
    test: "refuses what is no host name",
    does: "says done",
    but: (provider) => ({
      async attach(host) {
        await provider.attach(host);
        return { status: "done" };
      },
    }),
  },
  {
    test: "detaches that host and no other, and does not mind detaching nothing",
    does: "detaches whatever contains the name",
    but: (provider) => ({
      async detach(host) {
        for (const one of await provider.list()) if (one.host.includes(host)) await provider.detach(one.host);
        return { status: "done" };
      },
    }),
  },
  {
    test: "lists every host of many, sorted",
    does: "lists the first page",
    but: (provider) => ({ list: async () => (await provider.list()).slice(0, 50) }),
  },
  {
    test: "lists every host of many, sorted",
    does: "lists backwards",
    but: (provider) => ({ list: async () => (await provider.list()).toReversed() }),
  },
  {
    test: "lists nothing by half: it rejects when the platform cannot be reached, and fails to attach",
    does: "lists nothing instead",
    but: (provider) => ({ list: () => provider.list().catch(() => []) }),
  },
];

const TESTS = collected(hostTests);

describe("hostTests()", () => {
  it("has something broken for each of its tests", () => expectAllTested([...TESTS.keys()], TABLE));

  for (const broken of TABLE) {
    it(`"${broken.test}" notices a platform that ${broken.does}`, async () => {
      expectNoticed(broken, await outcomeOf(testFor(TESTS, broken)(memoryWorld(broken.but)), false));
    });
  }
});
