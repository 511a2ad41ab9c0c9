import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Delegation, namespaceProblem, ORIGINS, RESOLVER, SERVER, startDelegation } from "./delegation.ts";

const NAME = "shop.gslb.example.org";
const PARIS = "198.51.1.0/24";
const BOSTON = "198.51.2.0/24";
const TAIPEI = "198.51.3.0/24";

const problem = namespaceProblem();
if (problem !== null) console.error(`SKIPPED: the name server behind a resolver needs a network namespace: ${problem}`);

describe.skipIf(problem !== null)("portolan dns serve, asked by others", () => {
  let world: Delegation;
  beforeAll(async () => {
    world = await startDelegation();
  }, 90_000);
  afterAll(() => world?.close());

  const dig = (server: string, ...args: readonly string[]): string =>
    world.run("dig", `@${server}`, "+tries=1", "+time=2", ...args);
  const addressFor = (subnet: string, server = RESOLVER): string =>
    dig(server, "+short", `+subnet=${subnet}`, NAME, "A").trim();

  it("answers dig by client subnet, with the scope, in the case of the question", () => {
    const answer = dig(SERVER, "+norec", `+subnet=${PARIS}`, "ShOp.GSLB.example.org", "A");
    expect(answer).toContain("status: NOERROR");
    expect(answer).toMatch(/flags: qr aa;/);
    expect(answer).toContain(`CLIENT-SUBNET: ${PARIS}/24`);
    expect(answer).toMatch(new RegExp(`^ShOp\\.GSLB\\.example\\.org\\.\\s+1\\s+IN\\s+A\\s+${ORIGINS.eu}$`, "m"));
    expect(addressFor(BOSTON, SERVER)).toBe(ORIGINS.us);
    expect(dig(SERVER, "+tcp", "+short", NAME, "A").trim()).toMatch(/^127\.0\.[123]\.1$/);
  });

  it("answers kdig and delv", () => {
    const answer = world.run("kdig", `@${SERVER}`, `+subnet=${BOSTON}`, "+edns", NAME, "A");
    expect(answer).toContain("status: NOERROR");
    expect(answer).toContain(ORIGINS.us);
    expect(answer).not.toMatch(/WARNING|malformed/i);
    const validated = world.run("delv", `@${SERVER}`, "+noroot", "-i", NAME, "A");
    expect(validated).toMatch(new RegExp(`${NAME}\\.\\s+1\\s+IN\\s+A\\s+127\\.0\\.`));
    const keepOpen = world.run(
      "kdig",
      `@${SERVER}`,
      "+tcp",
      "+keepopen",
      NAME,
      "A",
      NAME,
      "AAAA",
      "gslb.example.org",
      "NS",
    );
    expect(keepOpen.match(/status: NOERROR/g)).toHaveLength(3);
  });

  it("says no as the RFCs want it", () => {
    expect(dig(SERVER, `nothing.gslb.example.org`, "A")).toMatch(/status: NXDOMAIN[\s\S]*AUTHORITY: 1[\s\S]*IN\s+SOA/);
    expect(dig(SERVER, NAME, "AAAA")).toMatch(/status: NOERROR[\s\S]*ANSWER: 0, AUTHORITY: 1[\s\S]*IN\s+SOA/);
    expect(dig(SERVER, NAME, "ANY", "+notcp")).toContain('HINFO	"RFC8482" ""');
    expect(dig(SERVER, "gslb.example.org", "AXFR")).toContain("Transfer failed");
    expect(dig(SERVER, "example.com", "A")).toContain("status: REFUSED");
    expect(dig(SERVER, "+opcode=notify", "gslb.example.org", "SOA")).toContain("status: NOTIMP");
    expect(dig(SERVER, "+edns=1", "+noednsneg", NAME, "A")).toContain("status: BADVERS");
    expect(dig(SERVER, "-c", "CH", "version.bind", "TXT")).toContain("status: REFUSED");
  });

  it("is resolved by unbound through the delegation, client by client", () => {
    expect(addressFor(PARIS)).toBe(ORIGINS.eu);
    expect(addressFor(BOSTON)).toBe(ORIGINS.us);
    expect(addressFor(TAIPEI)).toBe(ORIGINS.asia);
    expect(dig(RESOLVER, "nothing.gslb.example.org", "A")).toContain("status: NXDOMAIN");
    expect(dig(RESOLVER, "shop.default.prod.svc.gslb.example.org", "A")).toMatch(/status: NOERROR[\s\S]*127\.0\.1\.1/);
  });

  /** Asks through unbound until the address is there; every answer in between must be one of the three. */
  const movesTo = async (subnet: string, address: string, withinMs: number): Promise<number> => {
    const started = Date.now();
    for (;;) {
      const found = addressFor(subnet);
      expect(Object.values(ORIGINS)).toContain(found);
      if (found === address) return Date.now() - started;
      expect(Date.now() - started, `${subnet} still leads to ${found}`).toBeLessThan(withinMs);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  it("moves to the next cluster while one dies, comes back when it heals, and is never empty", async () => {
    expect(addressFor(PARIS)).toBe(ORIGINS.eu);
    world.killOrigin("eu");
    const away = await movesTo(PARIS, ORIGINS.us, 20_000);
    world.startOrigin("eu");
    // An ejection lasts 30 s where probes do not end it before.
    const back = await movesTo(PARIS, ORIGINS.eu, 90_000);
    console.log(`origin killed: names moved after ${away} ms, back after ${back} ms (TTL 1 s)`);
  }, 150_000);

  it("moves when the cluster says that it is not ready", async () => {
    world.setReady("us", false);
    await movesTo(BOSTON, ORIGINS.eu, 10_000);
    world.setReady("us", true);
    await movesTo(BOSTON, ORIGINS.us, 15_000);
  }, 40_000);

  it("keeps the nearest when every cluster is dead", async () => {
    world.killOrigin("eu");
    await movesTo(PARIS, ORIGINS.us, 20_000);
    world.killOrigin("us");
    await movesTo(PARIS, ORIGINS.asia, 20_000);
    expect(addressFor(BOSTON)).toBe(ORIGINS.asia);
    world.killOrigin("asia");
    await movesTo(PARIS, ORIGINS.eu, 20_000);
    await movesTo(BOSTON, ORIGINS.us, 10_000);
    expect(addressFor(TAIPEI)).toBe(ORIGINS.asia);
  }, 100_000);
});
