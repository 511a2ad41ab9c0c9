import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCli as run } from "../build/run-cli.ts";

const FROM = ["--from", join(import.meta.dirname, "../../examples/three-clusters")];
const LISTEN = ["--listen", "127.0.0.1:0"];
const ZONE = ["--zone", "example.org"];

describe("portolan dns serve", () => {
  it("starts, says where it listens, and stops", async () => {
    const { code, out, err } = await run("dns", "serve", ...FROM, ...LISTEN, ...ZONE);
    expect(err).toBe("");
    expect(out).toMatch(/^dns {8}127\.0\.0\.1:\d+ udp and tcp\n$/);
    expect(code).toBe(0);
  });

  it("listens on several addresses, and has an admin port", async () => {
    const { out } = await run("dns", "serve", ...FROM, ...LISTEN, "--listen", "127.0.0.2:0", ...ZONE, "--admin", "0");
    expect(out).toMatch(
      /^dns {8}127\.0\.0\.1:\d+ .*\ndns {8}127\.0\.0\.2:\d+ .*\nadmin {6}http:\/\/127\.0\.0\.1:\d+\n$/,
    );
  });

  it("is meant by options without a word, too", async () => {
    const { code, out } = await run("dns", ...LISTEN, ...FROM, ...ZONE, "--edge", "fra@aws/eu-central-1=127.0.0.1");
    expect(out).toMatch(/^dns /);
    expect(code).toBe(0);
  });

  it.each<readonly [readonly string[], string]>([
    [[], "Cannot go on without --listen"],
    [LISTEN, "Cannot go on without --zone"],
    [[...LISTEN, ...ZONE], "Cannot go on without --from"],
    [[...LISTEN, "--zone", "exa mple.org"], 'Cannot read --zone "exa mple.org": it holds the character U+0020'],
    [
      ["--listen", "0.0.0.0:0", ...ZONE, ...FROM],
      'Cannot tell the address of this name server: it listens on "0.0.0.0"\nNext: --ns ns1.example.org=192.0.2.53',
    ],
    [[...LISTEN, ...ZONE, ...FROM, "--ns", "ns1.example.org=here"], '"here" is no IP address'],
    [[...LISTEN, ...ZONE, ...FROM, "--edge", "fra=192.0.2.1"], "it is not NAME@PLACE=ADDRESS"],
    [[...LISTEN, ...ZONE, ...FROM, "--edge", "fra@aws/nowhere=192.0.2.1"], "the regions table has no such"],
    [[...LISTEN, ...ZONE, ...FROM, "--store", "state"], "Cannot choose between --from and --store"],
    [[...LISTEN, ...ZONE, "--store", "state"], "Cannot go on without --public-keys"],
    [[...LISTEN, ...ZONE, ...FROM, "--ttl", "soon"], 'Cannot read --ttl "soon"'],
    [[...LISTEN, ...ZONE, ...FROM, "--rate-limi", "1"], 'unknown option "--rate-limi"; did you mean "--rate-limit"?'],
  ])("refuses %j", async (args, message) => {
    const { code, err } = await run("dns", "serve", ...args);
    expect(err).toContain(message);
    expect(code).toBe(1);
  });
});
