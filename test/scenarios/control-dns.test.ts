/** `portolan control` and `portolan sync` with a section `dns`, over folders of manifests. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { StatusReport } from "../../src/core/status.ts";
import { openDnsSession } from "../../workers/dns-session.ts";
import { startControl } from "../../workers/control.ts";
import { makeKeys } from "../../workers/key-files.ts";
import { syncOnce } from "../../workers/sync.ts";
import { dnsWorld } from "../build/dns-world.ts";
import type { Closing } from "../build/files-edge.ts";
import { eventually } from "./until.ts";

const closing: Closing = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const CONTROL = `apiVersion: portolan.dev/v1alpha1
kind: Control
metadata: { name: control }
spec:
  store: { file: ../state }
  signingKey: ../keys/signing.jwk
  admin: "127.0.0.1:0"
  dns:
    owner: east
    federation: { name: prod, suffix: gslb.example.org }
    edges: [{ name: fra, addresses: [192.0.2.80] }]
    zones: [{ name: example.org, provider: { type: file, path: ../zones } }]
`;

async function world() {
  const parts = await dnsWorld(closing);
  await makeKeys(join(parts.dir, "../keys"), "k1");
  const file = join(parts.dir, "portolan.yaml");
  await writeFile(file, CONTROL);
  const said: string[] = [];
  const deps = { out: (text: string) => void said.push(text), err: (text: string) => void said.push(text) };
  return { ...parts, file, said, deps };
}

describe("portolan control with DNS", () => {
  it("follows the clusters, says so on the admin port, and lets a person approve", async () => {
    const { file, deps, dir, zone, setReady } = await world();
    const running = await startControl({ file }, deps);
    closing.push(running.close);
    const admin = /admin\s+(\S+)/.exec(running.banner.join("\n"))?.[1] ?? "";
    await eventually(zone, (lines) => lines.length === 8);
    await setReady("fra", false);
    await eventually(zone, (lines) => lines.some((line) => line.includes("CNAME")));
    expect(await (await fetch(`${admin}/metrics`)).text()).toContain('portolan_dns_in_step{zone="example.org"');
    await running.close();
    await rm(join(dir, "cluster-nyc.yaml"));
    const again = await startControl({ file }, deps);
    closing.push(again.close);
    const url = /admin\s+(\S+)/.exec(again.banner.join("\n"))?.[1] ?? "";
    const held = await eventually(
      async () => ((await (await fetch(`${url}/status`)).json()) as StatusReport).dns[0],
      (one) => one?.state === "held",
    );
    expect((await fetch(`${url}/approve/${held?.approval}`, { method: "POST" })).status).toBe(200);
    await eventually(zone, (lines) => !lines.some((line) => line.includes("eastus")));
  });

  it("does the same once with portolan sync, and fails when a zone does", async () => {
    const { file, deps, said, zone, zoneFile } = await world();
    expect(await syncOnce({ file }, deps)).toBe("published");
    expect((await zone()).length).toBe(8);
    expect(said.join("")).toContain("zone example.org: in-step");
    await writeFile(zoneFile, "{");
    expect(await syncOnce({ file }, deps)).toBe("dns-failing");
    expect(said.join("")).toMatch(/zone example\.org: failing, .*Cannot read the zone file/);
  });

  it("gives portolan dns the same settings", async () => {
    const { file, dir } = await world();
    const session = await openDnsSession({
      config: file,
      from: dir,
      allowPrivateOrigins: false,
      isPatient: false,
      zone: null,
      down: [],
      state: null,
    });
    const [report] = await session.plan();
    expect(report?.plan?.changes).toHaveLength(8);
  });

  it("refuses wrong settings with their line", async () => {
    const { file, deps } = await world();
    await writeFile(file, (await readFile(file, "utf8")).replace("owner: east", "owner: ''"));
    await expect(startControl({ file }, deps)).rejects.toThrow(/portolan\.yaml:9:12 .*spec\.dns\.owner/);
  });
});
