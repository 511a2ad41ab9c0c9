import { createSocket, type Socket } from "node:dgram";
import { array, assert, asyncProperty, constantFrom, integer, nat, oneof, record, tuple } from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { openCLibrary } from "../../src/nameserver/c-library.ts";
import { type NameServerOptions, serveNames } from "../../src/nameserver/server.ts";
import { question, readAnswer, responderOf, worldOfNames } from "../build/names.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const library = await openCLibrary();
const LONGEST = 20_000;

async function start(options: Partial<NameServerOptions> = {}): Promise<number> {
  const world = worldOfNames({
    overrides: [{ cidr: "127.0.0.0/8", country: null, location: { latitude: 50, longitude: 4 } }],
  });
  const all = { host: "127.0.0.1", port: 0, library, ...options };
  const answers = responderOf(() => world);
  const server = await serveNames(all, answers, Date.now);
  closing.push(server.close);
  return server.port;
}

function socket(type: "udp4" | "udp6" = "udp4"): Socket {
  const made = createSocket(type);
  made.on("error", () => undefined);
  closing.push(() => made.close());
  return made;
}

/** As many answers as come until the last question, `example.org SOA` with id 65535, is answered. */
async function answersTo(messages: readonly Uint8Array[], port: number): Promise<readonly Buffer[]> {
  const asking = socket();
  const answers: Buffer[] = [];
  const ended = new Promise<void>((resolve) =>
    asking.on("message", (message: Buffer) => {
      if (message.length > 2 && message.readUInt16BE(0) === 0xffff) resolve();
      else answers.push(message);
    }),
  );
  for (const message of messages) asking.send(message, port, "127.0.0.1");
  asking.send(question("example.org", "SOA", { id: 0xffff }), port, "127.0.0.1");
  await ended;
  return answers;
}

const name =
  library === null ? "listenBatched() (skipped: not Linux on 64 bits, or koffi is not installed)" : "listenBatched()";

describe.skipIf(library === null)(name, () => {
  it("answers each of many queries that come at once, and nothing else", async () => {
    const port = await start();
    const rubbish = [Buffer.alloc(0), Buffer.alloc(5), Buffer.alloc(12, 0xff)];
    const rounds = Array.from({ length: 200 }, (_, id) => [
      question(id % 2 === 0 ? "shop.example.org" : `no-${id}.example.org`, "A", { id }),
      ...rubbish,
    ]);
    const answers = (await answersTo(rounds.flat(), port)).map(readAnswer);
    expect(answers.map(({ id }) => id)).toEqual(Array.from({ length: 200 }, (_, id) => id));
    for (const { id, rcode, answers: found } of answers) {
      expect({ rcode, found: found.length }).toEqual(id % 2 === 0 ? { rcode: 0, found: 1 } : { rcode: 3, found: 0 });
    }
  });

  it("answers whatever it is sent byte by byte as Node's own socket does", async () => {
    const [batched, plain] = [await start(), await start({ library: null })];
    const known = constantFrom("shop.example.org", "SHOP.Example.ORG", "example.org", "no.example.org", "other.test");
    const asked = record({ name: known, type: constantFrom("A", "AAAA", "SOA", "NS"), id: nat(0xfffe) }).map(
      ({ name: host, type, id }) => question(host, type, { id, udpSize: 1232 }),
    );
    const damaged = tuple(asked, nat(60), nat(255), nat(20)).map(([message, at, byte, cut]) => {
      const copy = Buffer.from(message.subarray(0, message.length - Math.min(cut, message.length - 3)));
      if (at >= 2 && at < copy.length) copy[at] = byte;
      return copy;
    });
    const long = integer({ min: 1000, max: LONGEST }).map((size) =>
      Buffer.concat([question("example.org", "SOA"), Buffer.alloc(size)]),
    );
    await assert(
      asyncProperty(
        array(oneof({ weight: 20, arbitrary: asked }, { weight: 20, arbitrary: damaged }, long), {
          maxLength: 100,
        }),
        async (messages) => {
          expect(await answersTo(messages, batched)).toEqual(await answersTo(messages, plain));
        },
      ),
      { numRuns: 100 },
    );
  });

  it("tells who asks over both families", async () => {
    const port = await start({ host: "::" });
    const ask = async (from: Socket, to: string): Promise<readonly string[]> => {
      const answer = new Promise<Buffer>((resolve) => from.once("message", resolve));
      from.send(question("shop.example.org", "A"), port, to);
      return readAnswer(await answer).answers.map((text) => text.split(" ").at(-1) ?? "");
    };
    // Only 127.0.0.0/8 has a place.
    expect(await ask(socket(), "127.0.0.1")).toEqual(["192.0.2.10"]);
    expect(await ask(socket("udp6"), "::1")).toHaveLength(1);
  });

  it("shares its port with those that want to, and frees it when it closes", async () => {
    const port = await start({ reusePort: true });
    await start({ reusePort: true, port });
    await expect(start({ port })).rejects.toThrow(/EADDRINUSE/);
    await expect(start({ port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    for (const close of closing.splice(0).reverse()) await close();
    expect(await start({ port })).toBe(port);
  });
});
