import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import {
  fixed,
  placesOf,
  question,
  type QuestionParts,
  readAnswer,
  type ReadAnswer,
  responderOf,
  subnet4,
  worldOfNames,
  type WorldOptions,
} from "../build/names.ts";
import { healthOf } from "../build/steering.ts";

const folder = mkdtempSync(join(tmpdir(), "portolan-names-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PARIS = { latitude: 48.9, longitude: 2.3 };
const BOSTON = { latitude: 42.4, longitude: -71 };
const locator = await placesOf(join(folder, "places.mmdb"), {
  "198.51.0.0/20": PARIS,
  "203.0.112.0/21": BOSTON,
});

const SOA = "example.org 30 SOA ns1.example.org hostmaster.example.org 7 3600 600 604800 30";
const PEER = "203.0.113.9";

function server(options: WorldOptions = {}) {
  const world = worldOfNames(options);
  const responds = responderOf(() => world, locator);
  const udp = (message: Uint8Array, peer = PEER): ReadAnswer | null => {
    const answer = responds.respond(message, peer, { isUdp: true, nowMs: 1000 });
    return answer === null ? null : readAnswer(answer);
  };
  const ask = (name: string, type: string | number, parts: QuestionParts = {}): ReadAnswer => {
    const answer = udp(question(name, type, parts));
    if (answer === null) throw new Error("silence");
    return answer;
  };
  return { udp, ask, responds };
}

describe("respond() names", () => {
  const { ask } = server({
    hosts: ["shop.example.org", "*.apps.example.org", "example.org"],
    sets: [
      fixed("www.example.org", "CNAME", ["shop.example.org"], 60),
      fixed("away.example.org", "CNAME", ["www.example.net"], 60),
      fixed("dead.example.org", "CNAME", ["nothing.example.org"], 60),
      fixed("loop.example.org", "CNAME", ["pool.example.org"], 60),
      fixed("pool.example.org", "CNAME", ["loop.example.org"], 60),
      fixed("text.example.org", "TXT", ['"a" "b"'], 60),
      fixed("a.b.c.example.org", "A", ["192.0.2.99"], 60),
      fixed("*.wild.example.org", "A", ["192.0.2.77"], 60),
    ],
  });

  it.each<readonly [string, string, Partial<Pick<ReadAnswer, "rcode" | "answers" | "authority" | "additional">>]>([
    ["shop.example.org", "A", { rcode: 0, answers: ["shop.example.org 30 A 192.0.2.20"], authority: [] }],
    ["shop.example.org", "AAAA", { rcode: 0, answers: ["shop.example.org 30 AAAA 2001:db8::20"] }],
    ["shop.example.org", "TXT", { rcode: 0, answers: [], authority: [SOA] }],
    ["example.org", "A", { rcode: 0, answers: ["example.org 30 A 192.0.2.20"] }],
    ["nothing.example.org", "A", { rcode: 3, answers: [], authority: [SOA] }],
    // A name that has only names below it exists (RFC 8020).
    ["c.example.org", "A", { rcode: 0, answers: [], authority: [SOA] }],
    ["b.c.example.org", "A", { rcode: 0, answers: [], authority: [SOA] }],
    ["x.b.c.example.org", "A", { rcode: 3, answers: [], authority: [SOA] }],
    ["one.apps.example.org", "A", { rcode: 0, answers: ["one.apps.example.org 30 A 192.0.2.20"] }],
    ["one.two.wild.example.org", "A", { rcode: 0, answers: ["one.two.wild.example.org 60 A 192.0.2.77"] }],
    ["wild.example.org", "A", { rcode: 0, answers: [], authority: [SOA] }],
    [
      "www.example.org",
      "A",
      { rcode: 0, answers: ["www.example.org 60 CNAME shop.example.org", "shop.example.org 30 A 192.0.2.20"] },
    ],
    ["www.example.org", "CNAME", { rcode: 0, answers: ["www.example.org 60 CNAME shop.example.org"] }],
    // The end of the chain decides the code (RFC 6604).
    ["www.example.org", "MX", { rcode: 0, answers: ["www.example.org 60 CNAME shop.example.org"], authority: [SOA] }],
    [
      "dead.example.org",
      "A",
      { rcode: 3, answers: ["dead.example.org 60 CNAME nothing.example.org"], authority: [SOA] },
    ],
    ["away.example.org", "A", { rcode: 0, answers: ["away.example.org 60 CNAME www.example.net"], authority: [] }],
    [
      "loop.example.org",
      "A",
      {
        rcode: 0,
        answers: ["loop.example.org 60 CNAME pool.example.org", "pool.example.org 60 CNAME loop.example.org"],
      },
    ],
    ["text.example.org", "TXT", { rcode: 0, answers: ['text.example.org 60 TXT "a" "b"'] }],
    ["example.org", "SOA", { rcode: 0, answers: [SOA.replace(" 30 SOA", " 3600 SOA")] }],
    [
      "example.org",
      "NS",
      {
        rcode: 0,
        answers: ["example.org 3600 NS ns1.example.org", "example.org 3600 NS ns2.example.net"],
        additional: ["ns1.example.org 3600 A 192.0.2.53", "ns1.example.org 3600 AAAA 2001:db8::53"],
      },
    ],
    ["ns1.example.org", "A", { rcode: 0, answers: ["ns1.example.org 3600 A 192.0.2.53"] }],
    // RFC 8482: not what stands there, but that nobody is told.
    ["shop.example.org", "ANY", { rcode: 0, answers: ["shop.example.org 3600 TYPE13 \\# 9 075246433834383200"] }],
    ["nothing.example.org", "ANY", { rcode: 3, answers: [] }],
    ["example.net", "A", { rcode: 5, answers: [], authority: [] }],
    ["evilexample.org", "A", { rcode: 5, answers: [] }],
    ["org", "A", { rcode: 5, answers: [] }],
    ["", "NS", { rcode: 5, answers: [] }],
    ["example.org", "AXFR", { rcode: 5, answers: [] }],
    ["example.org", "IXFR", { rcode: 5, answers: [] }],
  ])("answers %s %s", (name, type, expected) => {
    const number = { AXFR: 252, IXFR: 251 }[type] ?? type;
    expect(ask(name, number)).toMatchObject(expected);
  });

  it("is authoritative for its zones alone, and never offers recursion", () => {
    const inside = ask("shop.example.org", "A", { flags: 0x0100 });
    expect(inside).toMatchObject({ aa: true, ra: false, id: 4711 });
    expect(inside.flags & 0x0100).toBe(0x0100);
    expect(ask("example.net", "A")).toMatchObject({ aa: false, ra: false });
  });

  it("keeps the case of the question, byte by byte", () => {
    const asked = question("sHoP.eXaMPle.ORG", "A");
    const answer = server().udp(asked);
    expect(Buffer.from(answer?.question ?? [])).toEqual(asked.subarray(12));
    expect(answer?.answers).toEqual(["shop.example.org 30 A 192.0.2.20"]);
  });
});

describe("respond() refusals", () => {
  const { ask, udp } = server();
  const broken = (change: (bytes: Buffer) => void): ReadAnswer | null => {
    const bytes = question("shop.example.org", "A");
    change(bytes);
    return udp(bytes);
  };

  it.each<readonly [string, (bytes: Buffer) => void, number]>([
    ["another opcode", (bytes) => bytes.writeUInt16BE(0x2800, 2), 4],
    ["two questions", (bytes) => bytes.writeUInt16BE(2, 4), 1],
    ["an answer in a question", (bytes) => bytes.writeUInt16BE(1, 6), 1],
    ["a record that is not there", (bytes) => bytes.writeUInt16BE(1, 10), 1],
    ["a compressed name", (bytes) => bytes.writeUInt16BE(0xc00c, 12), 1],
  ])("refuses %s", (_, change, rcode) => {
    expect(broken(change)).toMatchObject({ rcode, answers: [] });
  });

  it("reads names of 255 bytes and refuses longer ones", () => {
    const labels = Array.from({ length: 31 }, () => "abcdefg").join(".");
    // 31 labels of 8 bytes, one of 6, and the root: 255.
    expect(ask(`${labels}.abcde`, "A").rcode).toBe(5);
    expect(ask(`${labels}.abcdef`, "A").rcode).toBe(1);
  });

  it("says nothing to answers and to what is no message", () => {
    expect(broken((bytes) => bytes.writeUInt16BE(0x8000, 2))).toBeNull();
    expect(udp(Buffer.alloc(11))).toBeNull();
  });

  it("refuses classes other than IN", () => expect(ask("shop.example.org", "A", { class: 3 }).rcode).toBe(5));

  it("refuses another version of EDNS, and says which one it speaks", () => {
    expect(ask("shop.example.org", "A", { udpSize: 1232, version: 1 })).toMatchObject({ rcode: 16, answers: [] });
  });

  it.each<readonly [string, readonly number[]]>([
    ["an unknown family", [0, 3, 24, 0, 198, 51, 1]],
    ["a prefix longer than the family's", [0, 1, 33, 0, 198, 51, 1, 1, 1]],
    ["bits behind the prefix", [0, 1, 20, 0, 198, 51, 255]],
    ["too few bytes", [0, 1, 24, 0, 198, 51]],
    ["too many bytes", [0, 1, 16, 0, 198, 51, 1]],
    ["a scope in a query", [0, 1, 24, 24, 198, 51, 1]],
    ["no prefix at all", [0, 1]],
  ])("refuses a client subnet with %s", (_, subnet) => {
    expect(ask("shop.example.org", "A", { subnet }).rcode).toBe(1);
  });

  it("answers SERVFAIL while there is no snapshot", () => {
    const responds = responderOf(() => null);
    const answer = responds.respond(question("shop.example.org", "A"), PEER, { isUdp: true, nowMs: 0 });
    expect(answer === null ? null : readAnswer(answer).rcode).toBe(2);
  });

  it("is total: any bytes are answered with a message that can be read, or with silence", () => {
    const { responds } = server({ hosts: ["shop.example.org", "*.apps.example.org"] });
    const answered = (bytes: Uint8Array, isUdp: boolean): void => {
      const answer = responds.respond(bytes, PEER, { isUdp, nowMs: 1000 });
      if (answer === null) return;
      const read = readAnswer(answer);
      expect(read.id).toBe(((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0));
      expect(answer[2] ?? 0).toBeGreaterThanOrEqual(0x80);
      if (isUdp) expect(answer.length).toBeLessThanOrEqual(1232);
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 700 }), fc.boolean(), answered), { numRuns: 3000 });
    // Close to real queries, where parsers break: one to four bytes of a good one are others, or it ends early.
    const good = question("a.apps.example.org", "A", { subnet: subnet4("198.51.1.0/24") });
    const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(changes, fc.nat(good.length), fc.boolean(), (list, length, isUdp) => {
        const bytes = Uint8Array.from(good);
        for (const [at, byte] of list) bytes[at] = byte;
        answered(bytes.subarray(0, length === 0 ? bytes.length : length), isUdp);
        answered(bytes, isUdp);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("respond() places and scopes", () => {
  it.each<readonly [string, string, string, number]>([
    ["a client of Paris", "198.51.1.0/24", "192.0.2.10", 20],
    ["a client of Boston", "203.0.112.0/24", "192.0.2.20", 21],
    ["less than the database's network", "198.51.0.0/16", "192.0.2.10", 16],
    ["nobody's network, by the resolver's place", "8.8.8.0/24", "192.0.2.20", 24],
    ["a client that wants no location, by the resolver's place", "0.0.0.0/0", "192.0.2.20", 0],
  ])("answers %s", (_, subnet, address, scope) => {
    const answer = server().ask("shop.example.org", "A", { subnet: subnet4(subnet) });
    expect(answer).toMatchObject({ answers: [`shop.example.org 30 A ${address}`], scope });
  });

  it("has scope 0 for what is the same for everybody", () => {
    const { ask } = server({ addresses: { eu: ["192.0.2.10"] }, sets: [fixed("t.example.org", "TXT", ['"x"'], 9)] });
    for (const [name, type] of [
      ["shop.example.org", "A"],
      ["t.example.org", "TXT"],
      ["nothing.example.org", "A"],
      ["example.org", "NS"],
    ] as const) {
      expect(ask(name, type, { subnet: subnet4("198.51.1.0/24") }).scope, name).toBe(0);
    }
  });

  it("looks no further than /24 and shares the clients of two clusters that are equally near", () => {
    const { ask } = server({ addresses: { us: ["192.0.2.20"], eu: ["192.0.2.10"], eu2: ["192.0.2.11"] } });
    const seen = new Set<string>();
    for (let net = 0; net < 16; net += 1) {
      const answers = [0, 128].map((host) =>
        ask("shop.example.org", "A", { subnet: [0, 1, 25, 0, 198, 51, net, host] }),
      );
      expect(answers[0]?.answers).toEqual(answers[1]?.answers);
      expect(answers[0]?.scope).toBe(24);
      seen.add(answers[0]?.answers[0] ?? "");
    }
    expect([...seen].toSorted()).toEqual(["shop.example.org 30 A 192.0.2.10", "shop.example.org 30 A 192.0.2.11"]);
  });

  it("never says that a scope is wider than it is", () => {
    const overrides = [{ cidr: "198.51.9.128/25", country: "US", location: BOSTON }];
    const { ask } = server({ overrides });
    const asked = (net: number) => ask("shop.example.org", "A", { subnet: subnet4(`198.51.${net}.0/24`) });
    const all = Array.from({ length: 16 }, (_, net) => ({ net, answer: asked(net) }));
    for (const { net, answer } of all) {
      const scope = answer.scope ?? 0;
      const same = all.filter((other) => net >> (24 - scope) === other.net >> (24 - scope));
      for (const other of same)
        expect(other.answer.answers, `${net}/${scope} and ${other.net}`).toEqual(answer.answers);
    }
    expect(new Set(all.map(({ answer }) => answer.scope)).size).toBeGreaterThan(2);
  });

  it("follows health: a cluster that is down gives its clients to the next", () => {
    let world = worldOfNames();
    const responds = responderOf(() => world, locator);
    const ask = () => {
      const message = question("shop.example.org", "A", { subnet: subnet4("198.51.1.0/24") });
      const answer = responds.respond(message, PEER, { isUdp: true, nowMs: 1000 });
      return answer === null ? null : readAnswer(answer).answers;
    };
    expect(ask()).toEqual(["shop.example.org 30 A 192.0.2.10"]);
    world = { ...world, health: healthOf({ ready: { eu: [0, 2] } }) };
    expect(ask()).toEqual(["shop.example.org 30 A 192.0.2.20"]);
    // When everything looks down the checker is doubted: the nearest is answered, and the name never empty.
    world = { ...world, health: healthOf({ ready: { eu: [0, 2], us: [0, 2] } }) };
    expect(ask()).toEqual(["shop.example.org 30 A 192.0.2.10"]);
  });

  it("answers AAAA from the nearest cluster that has any", () => {
    const answer = server().ask("shop.example.org", "AAAA", { subnet: subnet4("198.51.1.0/24") });
    expect(answer.answers).toEqual(["shop.example.org 30 AAAA 2001:db8::20"]);
  });

  it("answers a cluster that has a host name with a CNAME, and nothing beside it", () => {
    const addresses = { us: ["192.0.2.20"], eu: ["lb.example.com"] };
    const answer = server({ addresses }).ask("shop.example.org", "A", { subnet: subnet4("198.51.1.0/24") });
    expect(answer.answers).toEqual(["shop.example.org 30 CNAME lb.example.com"]);
  });

  it("turns the addresses of one cluster, so that clients are spread over them", () => {
    const { ask } = server({ addresses: { us: ["192.0.2.1", "192.0.2.2", "192.0.2.3"] } });
    const first = new Set(Array.from({ length: 6 }, () => ask("shop.example.org", "A").answers[0]));
    expect(first.size).toBe(3);
  });

  it("divides clients by weight, cluster by cluster and not address by address", () => {
    const clusters = { us: ["192.0.2.20"], eu: ["192.0.2.10"] };
    const terms = ["eu", "us"].map((cluster) => ({
      cluster,
      bias: null,
      ramp: null,
      drainUntilMs: null,
      weight: cluster === "eu" ? 1 : 4,
    }));
    const { ask } = server({ addresses: clusters, policy: { method: { type: "weighted" }, clusters: terms } });
    let us = 0;
    for (let net = 0; net < 1000; net += 1) {
      const { answers, scope } = ask("shop.example.org", "A", { subnet: [0, 1, 24, 0, 9, net >> 8, net & 255] });
      expect(answers).toHaveLength(1);
      expect(scope).toBe(24);
      if (answers[0]?.endsWith("192.0.2.20") === true) us += 1;
    }
    expect(us).toBeGreaterThan(750);
    expect(us).toBeLessThan(850);
  });
});

describe("respond() sizes and limits", () => {
  const many = Array.from({ length: 60 }, (_, index) => `192.0.2.${index + 1}`);

  it.each<readonly [string, QuestionParts, boolean]>([
    ["512 bytes without EDNS", {}, true],
    ["what EDNS says", { udpSize: 1200 }, false],
    ["never more than 1232", { udpSize: 4096 }, false],
    ["never less than 512", { udpSize: 100 }, true],
  ])("cuts UDP answers at %s", (_, parts, isCut) => {
    const world = worldOfNames({ addresses: { us: many } });
    const responds = responderOf(() => world);
    const message = question("shop.example.org", "A", parts);
    const udp = readAnswer(responds.respond(message, PEER, { isUdp: true, nowMs: 0 }) ?? new Uint8Array());
    expect(udp.tc).toBe(isCut);
    expect(udp.answers).toHaveLength(isCut ? 0 : 60);
    const tcp = readAnswer(responds.respond(message, PEER, { isUdp: false, nowMs: 0 }) ?? new Uint8Array());
    expect(tcp).toMatchObject({ tc: false });
    expect(tcp.answers).toHaveLength(60);
  });

  it("limits equal answers to one network, lets every second one through to TCP, and others go on", () => {
    const world = worldOfNames();
    const responds = responderOf(() => world, null, 10);
    const ask = (peer: string, isUdp: boolean, nowMs: number) =>
      responds.respond(question("shop.example.org", "A"), peer, { isUdp, nowMs });
    const flood = Array.from({ length: 100 }, () => ask("203.0.113.9", true, 1000));
    const read = flood.filter((one) => one !== null).map(readAnswer);
    expect(read.filter(({ tc }) => !tc)).toHaveLength(10);
    expect(read.filter(({ tc }) => tc)).toHaveLength(45);
    // Its neighbour in the same /24 has the same budget.
    const neighbours = Array.from({ length: 4 }, () => ask("203.0.113.200", true, 1000));
    expect(neighbours.every((one) => one === null || readAnswer(one).tc)).toBe(true);
    expect(ask("198.51.100.1", true, 1000)).not.toBeNull();
    expect(ask("203.0.113.9", false, 1000)).not.toBeNull();
    expect(ask("203.0.113.9", true, 2000)).not.toBeNull();
  });
});
