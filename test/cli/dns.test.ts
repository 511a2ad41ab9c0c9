/** `portolan dns` against Route 53's emulator and zone files: what it prints, and what it never writes. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import type { AppliedZoneReport, ListedZoneReport, PlannedZoneReport, WhoReport } from "../../src/cli/dns-session.ts";
import { openDnsSession } from "../../workers/dns-session.ts";
import { dnsCommand } from "../../src/cli/commands/dns.ts";
import type { CliDeps } from "../../src/cli/deps.ts";
import { Failure } from "../../src/cli/failure.ts";
import { dnsSettings } from "../build/dns-world.ts";
import { startRoute53 } from "../dns/route53-emulator/server.ts";

const EXAMPLE = join(import.meta.dirname, "../../examples/federated-service");
const folder = mkdtempSync(join(tmpdir(), "portolan-dns-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
let count = 0;

async function run(...args: readonly string[]): Promise<{ code: number; out: string }> {
  let out = "";
  const deps = { out: (text: string) => void (out += text), openDns: openDnsSession } as Partial<CliDeps> as CliDeps;
  return { code: await dnsCommand.run(args, deps), out };
}

function settings(provider: string, more = ""): { config: string; root: string } {
  const root = join(folder, String((count += 1)));
  cpSync(EXAMPLE, join(root, "manifests"), { recursive: true });
  const config = join(root, "dns.yaml");
  writeFileSync(config, dnsSettings(provider, more));
  return { config, root };
}

/** Every byte of a folder. */
function bytesOf(root: string): Readonly<Record<string, string>> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return Object.fromEntries(
    files.map((one) => [join(one.parentPath, one.name), readFileSync(join(one.parentPath, one.name), "base64")]),
  );
}

async function emulated() {
  process.env["AWS_ACCESS_KEY_ID"] = "AKIDEXAMPLE";
  process.env["AWS_SECRET_ACCESS_KEY"] = "wJalrXUtnFEMI";
  const emulator = await startRoute53({ requestLimit: null });
  closing.push(emulator.close);
  const zone = emulator.addZone("example.org");
  return { emulator, zone, ...settings(`{ type: route53, endpoint: "${emulator.url}" }`) };
}

describe("portolan dns", () => {
  it("writes nothing with --dry-run and plan: neither a byte beside the settings nor a request that writes", async () => {
    const { emulator, zone, config, root } = await emulated();
    const from = join(root, "manifests");
    const [files, sets] = [bytesOf(root), JSON.stringify([...zone.sets])];
    for (const args of [
      ["plan"],
      ["apply", "--dry-run"],
      ["apply", "--dry-run", "-o", "json"],
      ["list"],
      ["who", "shop.example.org"],
    ]) {
      const { code, out } = await run(...args, "--config", config, ...(args[0] === "list" ? [] : ["--from", from]));
      expect(code).toBe(0);
      expect(out).toContain("example.org");
    }
    expect(bytesOf(root)).toEqual(files);
    expect(JSON.stringify([...zone.sets])).toBe(sets);
    const writes = [...emulator.calls.keys()].filter((call) => !call.startsWith("List"));
    expect(writes).toEqual([]);
    expect(emulator.calls.get("ListResourceRecordSets")).toBeGreaterThan(0);
    // And the same with work to do and records of its own in the zone.
    expect((await run("apply", "--config", config, "--from", from)).code).toBe(0);
    expect(emulator.calls.get("ChangeResourceRecordSets")).toBe(1);
    const [filled, written] = [bytesOf(root), JSON.stringify([...zone.sets])];
    const dry = await run("apply", "--dry-run", "--config", config, "--from", from, "--down", "fra");
    expect(dry.out).toContain("CNAME web.shop.prod.svc.gslb.example.org");
    expect(bytesOf(root)).toEqual(filled);
    expect(JSON.stringify([...zone.sets])).toBe(written);
    expect(emulator.calls.get("ChangeResourceRecordSets")).toBe(1);
  }, 60_000);

  it("applies, lists, and says whose a name is, since when and why, as JSON", async () => {
    const { config, root } = settings("{ type: file, path: zones }");
    const all = ["--config", config, "-o", "json"];
    const from = ["--from", join(root, "manifests")];
    const applied = JSON.parse((await run("apply", ...all, ...from)).out) as AppliedZoneReport[];
    expect(applied[0]?.outcomes.map((one) => one.status)).toEqual(Array(8).fill("applied"));
    const again = JSON.parse((await run("plan", ...all, ...from)).out) as PlannedZoneReport[];
    expect(again[0]?.plan?.changes).toEqual([]);
    const listed = JSON.parse((await run("list", ...all)).out) as ListedZoneReport[];
    const owners = new Map(listed[0]?.sets.map((one) => [one.set.name, one.owners]));
    expect(owners.get("shop.example.org")).toEqual(["east"]);
    expect(owners.get("example.org")).toEqual([]);
    const who = JSON.parse((await run("who", "SHOP.example.org.", ...all, ...from)).out) as WhoReport[];
    expect(who[0]?.report?.claims).toMatchObject([
      { owner: "east", registry: "portolan", resources: ["ingress/shop/web"], type: "A", values: ["192.0.2.80"] },
    ]);
    expect(who[0]?.history).toMatchObject([
      { action: "create", status: "applied", reason: "ingress/shop/web asks for it" },
    ]);
    expect(Date.now() / 1000 - (who[0]?.report?.claims[0]?.sinceSeconds ?? 0)).toBeLessThan(60);
  });

  it("holds what vanished, exits with 3, and applies it by its hash alone", async () => {
    const { config, root } = settings("{ type: file, path: zones }");
    const args = ["--config", config, "--from", join(root, "manifests"), "-o", "json"];
    await run("apply", ...args);
    rmSync(join(root, "manifests/web.yaml"));
    const held = await run("apply", ...args);
    expect(held.code).toBe(3);
    const [report] = JSON.parse(held.out) as AppliedZoneReport[];
    expect(report?.plan?.held).toHaveLength(8);
    expect((await run("apply", ...args, "--approve", "0".repeat(64))).code).toBe(3);
    expect((await run("apply", ...args, "--approve", report?.approval ?? "")).code).toBe(0);
    const [left] = JSON.parse((await run("list", "--config", config, "-o", "json")).out) as ListedZoneReport[];
    expect(left?.sets.map((one) => one.set.type)).toEqual(["NS", "SOA"]);
  });

  it("adopts what is nobody's and refuses what is somebody's", async () => {
    const { config, root } = settings("{ type: file, path: zones }");
    const from = ["--config", config, "--from", join(root, "manifests")];
    await run("apply", ...from);
    await expect(run("adopt", "shop.example.org", "--config", config)).rejects.toThrow(
      'Cannot adopt "shop.example.org": it belongs to east',
    );
    await expect(run("adopt", "none.example.org", "--config", config)).rejects.toThrow("no zone holds a record there");
    await expect(run("who", "shop.example.com", "--config", config)).rejects.toThrow("no zone of");
    await expect(run("who", "bad-.example.org", "--config", config)).rejects.toThrow(Failure);
    const zone = join(root, "zones/example.org.json");
    const text = readFileSync(zone, "utf8");
    const foreign = text
      .replace(/\{"name":"_portolan\.shop\.example\.org".*\n/, "")
      .replace("192.0.2.80", "198.51.100.1");
    writeFileSync(zone, foreign);
    expect((await run("plan", ...from)).out).toContain('conflict: Cannot publish A "shop.example.org"');
    const before = bytesOf(root);
    await run("adopt", "shop.example.org", "--config", config, "--dry-run");
    expect(bytesOf(root)).toEqual(before);
    await run("adopt", "shop.example.org", "--config", config);
    expect((await run("apply", ...from)).out).toContain("~ shop.example.org  A 198.51.100.1 → A 192.0.2.80");
  });

  it("says where the settings are wrong, by file, line and column", async () => {
    const { config } = settings("{ type: rout53 }");
    await expect(run("list", "--config", config)).rejects.toThrow(
      /dns\.yaml:7:\d+ {2}error.*zones\[0\]\.provider\.type/,
    );
    writeFileSync(config, "owner: east\nzone: []\n");
    await expect(run("list", "--config", config)).rejects.toThrow(
      /dns\.yaml:2:1 {2}error {2}zone: unknown field "zone"; did you mean "zones"\?/,
    );
    const sectioned = `control: {}\ndns:\n  owner: ""\n  zones: [{ name: example.org, provider: { type: memory } }]\n`;
    writeFileSync(config, sectioned);
    await expect(run("list", "--config", config)).rejects.toThrow(/dns\.yaml:3:10 {2}error {2}owner/);
    expect(existsSync(join(config, "../.portolan-dns"))).toBe(false);
  });

  it("keeps one zone's trouble from the others", async () => {
    const bad = '  - name: example.net\n    provider: { type: external-dns, url: "http://127.0.0.1:1" }\n';
    const { config, root } = settings("{ type: file, path: zones }", bad);
    writeFileSync(join(root, "zones"), "");
    const { code, out } = await run("list", "--config", config, "--zone", "example.org");
    expect(code).toBe(1);
    expect(out).toContain("example.org at file");
    rmSync(join(root, "zones"));
    expect((await run("list", "--config", config, "--zone", "example.org")).code).toBe(0);
    await expect(run("list", "--config", config, "--zone", "nowhere.org")).rejects.toThrow(
      "it has example.org, example.net",
    );
  });
});
