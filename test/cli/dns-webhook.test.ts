/** `portolan dns webhook` over two zone files: our own client on the other side of the protocol. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { plainSet } from "../../src/core/dns/records.ts";
import { externalDnsWebhook } from "../../src/dns/webhook.ts";
import { type Closing, temporaryFolder } from "../build/files-edge.ts";
import { runCli, runCliWith } from "../build/run-cli.ts";

const closing: Closing = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function settings(): Promise<{ dir: string; config: string }> {
  const dir = await temporaryFolder(closing);
  const config = join(dir, "dns.yaml");
  const zone = (name: string, path: string) =>
    `  - { name: ${name}, visibility: public, provider: { type: file, path: ${path} } }`;
  writeFileSync(config, `owner: us\nzones:\n${zone("example.org", "one")}\n${zone("example.net", "two")}\n`);
  return { dir, config };
}

/** Runs the command until `use` has ended; `use` is told where it listens. */
async function serving(args: readonly string[], use: (url: string) => Promise<void>): Promise<string> {
  let said = "";
  const { promise, resolve } = Promise.withResolvers<void>();
  const running = runCliWith(
    {
      out: (text) => {
        said += text;
        const url = /http:\S+/.exec(said)?.[0];
        if (url !== undefined) void use(url).finally(resolve);
      },
      untilStopped: () => promise,
    },
    ["dns", "webhook", "--listen", "127.0.0.1:0", ...args],
  );
  expect((await running).code).toBe(0);
  return said;
}

const filesIn = (folder: string) => readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));

describe("portolan dns webhook", () => {
  it("writes each zone where the settings say, and lists both", async () => {
    const { dir, config } = await settings();
    const said = await serving(["--config", config], async (url) => {
      const zones = ["example.org", "example.net"].map((name) => ({ name, visibility: "public" as const }));
      const far = externalDnsWebhook({ url, zones });
      for (const zone of await far.zones()) {
        const set = plainSet(`www.${zone.name}`, "A", ["192.0.2.7"], 60);
        const change = { action: "create" as const, name: set.name, before: [], after: [set], reason: "test" };
        expect(await far.apply(zone, [change])).toEqual([{ status: "applied" }]);
        expect((await far.list(zone)).map((one) => one.name)).toContain(set.name);
      }
    });
    expect(said).toMatch(/^webhook +http:\/\/127\.0\.0\.1:\d+ for example\.org, example\.net\n$/);
    expect(filesIn(join(dir, "one")).join()).toContain("www.example.org");
    expect(filesIn(join(dir, "one")).join()).not.toContain("www.example.net");
    expect(filesIn(join(dir, "two")).join()).toContain("www.example.net");
  });

  it("shows and writes one zone alone when it is told so", async () => {
    const { config } = await settings();
    await serving(["--config", config, "--zone", "example.net"], async (url) => {
      const accept = { headers: { accept: "application/external.dns.webhook+json;version=1" } };
      expect(await (await fetch(url, accept)).json()).toEqual({ include: ["example.net"] });
    });
  });

  it("listens on loopback alone, and names the zones that there are", async () => {
    const { config } = await settings();
    const open = await runCli("dns", "webhook", "--config", config, "--listen", "0.0.0.0:0");
    expect(open).toMatchObject({ code: 1 });
    expect(open.err).toContain("Cannot listen on 0.0.0.0: whoever reaches it may write to the zones");
    const other = await runCli("dns", "webhook", "--config", config, "--listen", "127.0.0.1:0", "--zone", "nope.org");
    expect(other.err).toContain('Cannot find the zone "nope.org"');
    expect(other.err).toContain("example.org, example.net");
  });
});
