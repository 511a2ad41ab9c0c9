/**
 * The real external-dns at both ends of the webhook protocol: as the controller that drives our server, and as the
 * webhook server that our client writes to. `.ci/run` builds it into `~/.cache/portolan` where Go is there.
 */
import { execFile, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { connect } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { plainSet, type RecordSet, recordKey } from "../../../src/core/dns/records.ts";
import { parseLabels } from "../../../src/core/dns/txt-registry.ts";
import { txtText, txtValue } from "../../../src/core/dns/txt-text.ts";
import { encryptedRegistry } from "../../../src/dns/encrypted-registry.ts";
import { memoryDns, memoryZones } from "../../../src/dns/memory.ts";
import { registryKey } from "../../../src/dns/txt-encryption.ts";
import { externalDnsWebhook } from "../../../src/dns/webhook.ts";
import { providerBackend } from "../../../src/dns/webhook/backend.ts";
import { webhookServer } from "../../../src/dns/webhook/server.ts";
import { create, recordSet, replace } from "../../build/dns.ts";
import { listen } from "../../dns/webhook-world.ts";
import { eventually } from "../../scenarios/until.ts";

const BINARY = join(homedir(), ".cache/portolan/external-dns-v0.20.0/external-dns");
const ZONE = { name: "example.org", visibility: "public", id: "Z1" } as const;
/** external-dns' own, which no flag moves. */
const WEBHOOK_PORT = 8888;
const KEY = "0123456789abcdef0123456789abcdef";

function isBuilt(): boolean {
  try {
    accessSync(BINARY, constants.X_OK);
    return true;
  } catch {
    console.warn(
      "\n*** SKIPPED, the real external-dns: it is not built: PORTOLAN_EXTERNAL_DNS=1 .ci/run builds it, with Go ***\n",
    );
    return false;
  }
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** One loop of external-dns with ten made-up names below example.org; each time other ones. */
async function once(url: string, ...more: readonly string[]): Promise<void> {
  const args = ["--source=fake", "--fqdn-template=example.org", "--provider=webhook", `--webhook-provider-url=${url}`];
  const policy = ["--registry=txt", "--txt-owner-id=them", "--policy=sync", "--once", "--metrics-address=127.0.0.1:0"];
  await promisify(execFile)(BINARY, [...args, ...policy, ...more]);
}

describe.skipIf(!isBuilt())("the real external-dns", () => {
  const world = async () => {
    const zones = memoryZones(ZONE);
    const foreign = [
      plainSet("www.example.org", "A", ["198.51.100.1"], 300),
      plainSet("www.example.org", "TXT", ['"beside"'], 300),
      plainSet("mail.example.org", "MX", ["10 mx.example.net"], 300),
    ];
    const current = (await zones.read(ZONE.id)) ?? new Map<string, RecordSet>();
    await zones.swap(ZONE.id, current, new Map([...current, ...foreign.map((set) => [recordKey(set), set] as const)]));
    const handler = webhookServer(providerBackend(memoryDns(zones)));
    const deletes: string[] = [];
    const server = await listen(async (request) => {
      const text = await request.clone().text();
      if (text.startsWith("{")) deletes.push(JSON.stringify((JSON.parse(text) as { delete?: unknown }).delete ?? []));
      return handler(request);
    });
    closing.push(server.close);
    const sets = async () => [...((await zones.read(ZONE.id)) ?? new Map<string, RecordSet>()).values()];
    const isStranger = (set: RecordSet) => /^(www|mail)?\.?example\.org$/.test(set.name);
    return {
      url: server.url,
      /** What was asked to be deleted, as text. */
      deletes: () => deletes,
      ours: async () => (await sets()).filter((set) => !isStranger(set)),
      strangers: async () => JSON.stringify((await sets()).filter(isStranger)),
    };
  };

  it("drives our webhook server: makes its records, replaces them all, touches nobody else's", async () => {
    const { url, ours, strangers } = await world();
    const before = await strangers();
    await once(url);
    const first = await ours();
    expect(first.filter((set) => set.type === "A").length).toBeGreaterThan(5);
    const owners = first
      .filter((set) => set.type === "TXT")
      .map((set) => parseLabels(txtText(set.values[0] ?? "") ?? ""));
    expect(owners.length).toBe(first.filter((set) => set.type === "A").length);
    for (const labels of owners) expect(labels).toMatchObject({ owner: "them" });
    await once(url);
    const second = await ours();
    expect(second.length).toBeGreaterThan(10);
    expect(second.map(recordKey).filter((key) => first.some((set) => recordKey(set) === key))).toEqual([]);
    expect(await strangers()).toBe(before);
  });

  it("writes encrypted TXTs that we read, and reads what we encrypted", async () => {
    const key = await registryKey(KEY);
    const sealed = await world();
    await once(sealed.url, "--txt-encrypt-enabled", `--txt-encrypt-aes-key=${KEY}`);
    const raw = (await sealed.ours()).filter((set) => set.type === "TXT");
    expect(raw.length).toBeGreaterThan(5);
    expect(raw.filter((set) => (set.values[0] ?? "").includes("heritage"))).toEqual([]);
    const zones = memoryZones(ZONE);
    const current = (await zones.read(ZONE.id)) ?? new Map<string, RecordSet>();
    await zones.swap(ZONE.id, current, new Map([...current, ...raw.map((set) => [recordKey(set), set] as const)]));
    const opened = await encryptedRegistry(memoryDns(zones), key).list(ZONE);
    const labels = opened.flatMap((set) =>
      set.type === "TXT" ? [parseLabels(txtText(set.values[0] ?? "") ?? "")] : [],
    );
    expect(labels.map((one) => one?.["owner"])).toEqual(raw.map(() => "them"));

    // The other way: a record whose TXT we encrypted is theirs, so that their next loop wants it away. (Their text of the
    // TXT to delete is compressed anew, by Go, so that a provider that compares exactly refuses: docs/dns-commands.md.)
    const withKey = async (aesKey: string): Promise<string> => {
      const theirs = await world();
      const a = plainSet("old.example.org", "A", ["192.0.2.9"], 300);
      const txt = plainSet(
        "a-old.example.org",
        "TXT",
        [txtValue("heritage=external-dns,external-dns/owner=them")],
        300,
      );
      const post = externalDnsWebhook({ url: theirs.url, zones: [ZONE] });
      const [outcome] = await encryptedRegistry(post, key).apply(ZONE, [create(a, txt)]);
      expect(outcome).toEqual({ status: "applied" });
      await once(theirs.url, "--txt-encrypt-enabled", `--txt-encrypt-aes-key=${aesKey}`).catch(() => undefined);
      return theirs.deletes().join();
    };
    expect(await withKey(KEY)).toContain("old.example.org");
    expect(await withKey(KEY.replaceAll("0", "f"))).not.toContain("old.example.org");
  });

  it("takes what our webhook client writes, and shows it", async () => {
    expect(await isTaken(WEBHOOK_PORT), `port ${WEBHOOK_PORT} has to be free`).toBe(false);
    const child = spawn(
      BINARY,
      ["--source=fake", "--provider=inmemory", "--inmemory-zone=example.org", "--policy=sync", "--webhook-server"],
      { stdio: "ignore" },
    );
    closing.push(() => child.kill("SIGKILL"));
    await eventually(
      () => isTaken(WEBHOOK_PORT),
      (taken) => taken,
    );
    const provider = externalDnsWebhook({ url: `http://127.0.0.1:${WEBHOOK_PORT}`, zones: [ZONE] });
    const [zone = ZONE] = await provider.zones();
    const [a, b] = ["192.0.2.1", "192.0.2.2"].map((one) => recordSet("shop.example.org", "A", [one]));
    const [c, txt] = [
      recordSet("c.example.org", "CNAME", ["x.example.net"]),
      recordSet("t.example.org", "TXT", ['"x y"']),
    ];
    if (a === undefined || b === undefined) throw new Error("two addresses");
    expect(await provider.apply(zone, [create(a), create(c), create(txt)])).toEqual(
      Array.from({ length: 3 }, () => ({ status: "applied" })),
    );
    const shown = async () => (await provider.list(zone)).map((set) => `${set.name} ${set.type} ${set.values.join()}`);
    expect(await shown()).toEqual([
      "c.example.org CNAME x.example.net",
      "shop.example.org A 192.0.2.1",
      't.example.org TXT "x y"',
    ]);
    expect(await provider.apply(zone, [replace([a], [b])])).toEqual([{ status: "applied" }]);
    expect(await shown()).toContain("shop.example.org A 192.0.2.2");
    const removal = { action: "delete", name: c.name, before: [c], after: [], reason: "" } as const;
    expect(await provider.apply(zone, [removal])).toEqual([{ status: "applied" }]);
    expect(await shown()).toEqual(["shop.example.org A 192.0.2.2", 't.example.org TXT "x y"']);
  });
});
