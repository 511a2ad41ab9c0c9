/** Route 53's wire protocol judged from both sides: the AWS command line on our emulator, our provider on moto. */
import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import type { Zone } from "../../../src/core/dns/records.ts";
import { route53 } from "../../../src/dns/route53.ts";
import { create, recordSet, remove, replace, weighted } from "../../build/dns.ts";
import { route53World } from "../../dns/route53-world.ts";
import { freePort } from "../../build/free-port.ts";

const VENV = join(import.meta.dirname, "../../../.venv/bin");
const CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI" };
const ENVIRONMENT = {
  PATH: process.env["PATH"] ?? "",
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  AWS_DEFAULT_REGION: "us-east-1",
  AWS_MAX_ATTEMPTS: "1",
  AWS_EC2_METADATA_DISABLED: "true",
};

/** The AWS command line; its JSON, or what it says on its way out. */
async function aws(url: string, ...args: readonly string[]): Promise<string> {
  const all = ["--endpoint-url", url, "--output", "json", "route53", ...args];
  try {
    return (await promisify(execFile)(join(VENV, "aws"), all, { env: ENVIRONMENT })).stdout;
  } catch (error) {
    if (error instanceof Error && "stderr" in error) return String(error.stderr);
    throw error;
  }
}

const batch = (...changes: readonly object[]) => JSON.stringify({ Changes: changes });
const change = (action: string, name: string, type: string, ...values: readonly string[]) => ({
  Action: action,
  ResourceRecordSet: { Name: name, Type: type, TTL: 60, ResourceRecords: values.map((Value) => ({ Value })) },
});

describe("the emulator as the AWS command line sees it", () => {
  it("takes a batch, lists it page by page, and refuses what Route 53 refuses", async () => {
    const { emulator, zone, provider, close } = await route53World({ maxItems: 2, now: () => performance.now() });
    const send = (...changes: readonly object[]) =>
      aws(
        emulator.url,
        "change-resource-record-sets",
        "--hosted-zone-id",
        zone.id,
        "--change-batch",
        batch(...changes),
      );
    expect(
      await send(change("CREATE", "a.example.org", "A", "192.0.2.1"), change("CREATE", "*.example.org", "TXT", '"x"')),
    ).toContain('"INSYNC"');
    const list = JSON.parse(await aws(emulator.url, "list-resource-record-sets", "--hosted-zone-id", zone.id));
    expect(list.ResourceRecordSets.map((set: { Name: string; Type: string }) => `${set.Name} ${set.Type}`)).toEqual([
      "example.org. NS",
      "example.org. SOA",
      "\\052.example.org. TXT",
      "a.example.org. A",
    ]);
    expect(await provider.list(zone)).toContainEqual(recordSet("*.example.org", "TXT", ['"x"']));
    expect(await send(change("CREATE", "a.example.org", "A", "192.0.2.2"))).toContain("but it already exists");
    expect(await send(change("DELETE", "a.example.org", "A", "192.0.2.2"))).toContain("values provided do not match");
    expect(await send(change("DELETE", "b.example.org", "A", "192.0.2.2"))).toContain("but it was not found");
    expect(await send(change("CREATE", "a.example.org", "CNAME", "x.example.net"))).toContain(
      "conflicts with other records",
    );
    expect(await send(change("CREATE", "example.org", "CNAME", "x.example.net"))).toContain("not permitted at apex");
    expect(await send(change("CREATE", "t.example.org", "TXT", "no quotes"))).toContain("quotation marks");
    expect(await send(change("CREATE", "x.evilexample.org", "A", "192.0.2.1"))).toContain("is not permitted in zone");
    // Nothing of a batch whose second part is refused stays.
    await send(
      change("CREATE", "c.example.org", "A", "192.0.2.1"),
      change("CREATE", "a.example.org", "A", "192.0.2.2"),
    );
    expect((await provider.list(zone)).map((set) => set.name)).not.toContain("c.example.org");
    await close();
  }, 120_000);

  it("shows the command line what the provider wrote", async () => {
    const { emulator, zone, provider, close } = await route53World({ now: () => performance.now() });
    await provider.apply(zone, [
      create(weighted("w.example.org", "blue", 10, "192.0.2.1")),
      create(weighted("w.example.org", "green", 20, "192.0.2.2")),
    ]);
    const list = JSON.parse(await aws(emulator.url, "list-resource-record-sets", "--hosted-zone-id", zone.id));
    expect(list.ResourceRecordSets).toContainEqual({
      Name: "w.example.org.",
      Type: "A",
      SetIdentifier: "green",
      Weight: 20,
      TTL: 60,
      ResourceRecords: [{ Value: "192.0.2.2" }],
    });
    await close();
  }, 120_000);
});

describe("route53() on moto", () => {
  it("creates, replaces and deletes what moto shows to the command line", async () => {
    const port = await freePort();
    const moto = spawn(join(VENV, "moto_server"), ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
    const gone = new Promise((resolve) => moto.on("exit", resolve));
    const url = `http://127.0.0.1:${port}`;
    const deadline = Date.now() + 60_000;
    while (
      !(await fetch(url).then(
        () => true,
        () => false,
      ))
    ) {
      if (Date.now() > deadline) throw new Error("Cannot reach moto: it does not start");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const made = JSON.parse(await aws(url, "create-hosted-zone", "--name", "example.org", "--caller-reference", "1"));
    const zone: Zone = {
      name: "example.org",
      visibility: "public",
      id: String(made.HostedZone.Id).split("/").at(-1) ?? "",
    };
    const provider = route53({ client: { endpoint: url, credentials: CREDENTIALS } });
    expect(await provider.zones()).toEqual([zone]);
    const old = recordSet("shop.example.org", "A", ["192.0.2.1", "192.0.2.2"]);
    const text = recordSet("_o.shop.example.org", "TXT", ['"heritage=portolan"']);
    const next = recordSet("shop.example.org", "A", ["192.0.2.2", "192.0.2.3"]);
    expect(await provider.apply(zone, [create(old, text)])).toEqual([{ status: "applied" }]);
    expect(await provider.list(zone)).toContainEqual(old);
    // moto compares a CREATE with the zone as it was before the batch, so a set that is only a condition cannot be tried.
    expect(await provider.apply(zone, [replace([old], [next])])).toEqual([{ status: "applied" }]);
    expect(await aws(url, "list-resource-record-sets", "--hosted-zone-id", zone.id)).toContain("192.0.2.3");
    expect(await provider.apply(zone, [remove(next, text)])).toEqual([{ status: "applied" }]);
    expect((await provider.list(zone)).map((set) => set.type)).toEqual(["NS", "SOA"]);
    moto.kill("SIGKILL");
    await gone;
  }, 120_000);
});
