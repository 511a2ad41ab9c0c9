/**
 * The stand-ins of the vendors' APIs judged by the vendors' own SDKs, and by octodns: what our providers are tested on
 * behaves as those expect it. `.ci/run` installs them into `~/.cache/portolan/dns-sdks`.
 */
import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { plainSet } from "../../../src/core/dns/records.ts";
import { azureDns } from "../../../src/dns/azure.ts";
import { clientSecretToken } from "../../../src/dns/azure/token.ts";
import { cloudflare } from "../../../src/dns/cloudflare.ts";
import { googleCloudDns } from "../../../src/dns/google.ts";
import { serviceAccountToken } from "../../../src/dns/google/token.ts";
import { create, recordSet } from "../../build/dns.ts";
import { APPLICATION, AZURE, startAzure } from "../../dns/azure-server.ts";
import { startCloudflare, TOKEN } from "../../dns/cloudflare-server.ts";
import { ACCOUNT, PROJECT, startGoogle } from "../../dns/google-server.ts";
import { route53World } from "../../dns/route53-world.ts";

const BIN = join(homedir(), ".cache/portolan/dns-sdks/bin");
const folder = mkdtempSync(join(tmpdir(), "portolan-sdks-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a script of `sdk/` prints. */
async function python(script: string, ...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const path = join(import.meta.dirname, "sdk", script);
  const { stdout } = await promisify(execFile)(join(BIN, "python"), [path, ...args]);
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
}

describe("the stand-in of Azure DNS as Microsoft's SDK sees it", () => {
  it("lists, creates, replaces and deletes under etags, and refuses what Azure refuses", async () => {
    const server = await startAzure("example.org");
    const token = clientSecretToken(APPLICATION, { authority: server.url });
    const provider = azureDns({ ...AZURE, token, baseUrl: server.url });
    const zone = { name: "example.org", visibility: "public", id: server.zoneId } as const;
    await provider.apply(zone, [create(recordSet("ours.example.org", "A", ["192.0.2.7"]))]);
    const { subscription, resourceGroup, tenant } = AZURE;
    const { clientId, secret } = APPLICATION;
    const said = await python(
      "drive_azure.py",
      server.url,
      subscription,
      resourceGroup,
      "example.org",
      tenant,
      clientId,
      secret,
    );
    expect(said).toEqual({
      zones: ["example.org"],
      made: "192.0.2.1",
      again: 412,
      stale: 412,
      changed: "192.0.2.2",
      stale_delete: 412,
      beside: 400,
      apex: 400,
      sets: {
        "@ NS": [],
        "@ SOA": [],
        "ours A": ["192.0.2.7"],
        "sdk A": ["192.0.2.2"],
        "text TXT": [['a "quoted" word', "and more"]],
      },
      gone: 404,
    });
    const text = plainSet("text.example.org", "TXT", ['"a \\"quoted\\" word" "and more"'], 60);
    expect(await provider.list(zone)).toContainEqual(text);
    await server.close();
  }, 120_000);
});

describe("the stand-in of Cloud DNS as Google's SDK sees it", () => {
  it("gives a token for the account's own signature, and takes changes whole or not at all", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    const file = join(folder, "key.pem");
    writeFileSync(file, privateKey);
    const server = await startGoogle("example.org", publicKey, 2);
    const said = await python("drive_google.py", server.url, PROJECT, ACCOUNT, file);
    expect(said).toMatchObject({
      zones: [["the-zone", "example.org."]],
      made: "done",
      again: 409,
      stale: 412,
      changed: "done",
      beside: 400,
      half: 409,
    });
    const sets = said["sets"] as Readonly<Record<string, readonly string[]>>;
    expect(Object.keys(sets)).toEqual([
      "example.org. NS",
      "example.org. SOA",
      "text.example.org. TXT",
      "sdk.example.org. A",
    ]);
    expect(sets["sdk.example.org. A"]).toEqual(["192.0.2.2"]);
    const token = serviceAccountToken({ email: ACCOUNT, privateKey }, { tokenUrl: `${server.url}/token` });
    const provider = googleCloudDns({ project: PROJECT, token, baseUrl: `${server.url}/dns/v1` });
    const listed = await provider.list({ name: "example.org", visibility: "public", id: "the-zone" });
    expect(listed).toContainEqual(plainSet("text.example.org", "TXT", ['"a \\"quoted\\" word" "and more"'], 60));
    await server.close();
  }, 120_000);
});

describe("the stand-in of Cloudflare as its SDK sees it", () => {
  it("creates, edits, batches, pages and deletes, and refuses what Cloudflare refuses", async () => {
    const server = await startCloudflare("example.org");
    const said = await python("drive_cloudflare.py", server.url, TOKEN);
    expect(said).toEqual({
      zones: ["example.org"],
      made: "192.0.2.1",
      again: 400,
      beside: 400,
      ttl: 400,
      changed: "192.0.2.2",
      sets: { "sdk.example.org A": "192.0.2.2", "text.example.org TXT": '"and more"' },
      gone: 404,
    });
    const provider = cloudflare({ token: TOKEN, baseUrl: server.url });
    const listed = await provider.list({ name: "example.org", visibility: "public", id: server.zoneId });
    expect(listed).toEqual([plainSet("text.example.org", "TXT", ['"and more"'], 60)]);
    await server.close();
  }, 120_000);
});

describe("the emulator of Route 53 as octodns sees it", () => {
  it("is brought to a zone file by octodns, and is then in step for it; a second hand's record is seen", async () => {
    const { emulator, provider, zone, close } = await route53World({ requestLimit: null, changeLimit: null });
    await provider.apply(zone, [create(recordSet("old.example.org", "A", ["192.0.2.9"]))]);
    writeFileSync(
      join(folder, "octodns.yaml"),
      `providers:
  config: { class: octodns.provider.yaml.YamlProvider, directory: ${folder}, default_ttl: 60, enforce_order: false }
  route53: { class: octodns_route53.Route53Provider, access_key_id: AKIDEXAMPLE, secret_access_key: secret, client_max_attempts: 1 }
zones:
  example.org.: { sources: [config], targets: [route53] }
`,
    );
    writeFileSync(
      join(folder, "example.org.yaml"),
      `www: { type: A, ttl: 60, values: [192.0.2.1, 192.0.2.2] }
alias: { type: CNAME, ttl: 60, value: www.example.org. }
text: { type: TXT, ttl: 60, values: [some words here] }
`,
    );
    const environment = { ...process.env, AWS_DEFAULT_REGION: "us-east-1", AWS_ENDPOINT_URL: emulator.url };
    const octodns = async (...args: readonly string[]) => {
      const all = ["--config-file", join(folder, "octodns.yaml"), ...args];
      const { stdout, stderr } = await promisify(execFile)(join(BIN, "octodns-sync"), all, { env: environment });
      return `${stdout}${stderr}`;
    };
    await octodns("--doit", "--force");
    const listed = await provider.list(zone);
    expect(listed.filter((set) => set.name !== "example.org")).toEqual([
      plainSet("alias.example.org", "CNAME", ["www.example.org"], 60),
      plainSet("text.example.org", "TXT", ['"some words here"'], 60),
      plainSet("www.example.org", "A", ["192.0.2.1", "192.0.2.2"], 60),
    ]);
    expect(await octodns()).toContain("No changes were planned");
    await provider.apply(zone, [create(recordSet("ours.example.org", "A", ["192.0.2.8"]))]);
    expect(await octodns()).toMatch(/Delete .*ours|ours\.example\.org/);
    await close();
  }, 180_000);
});
