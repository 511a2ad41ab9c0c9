/** `aws-accelerator` by the genuine provider against a server that speaks Global Accelerator's API. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AcceleratorServer, startAccelerator } from "./accelerator.ts";
import { workspace, type Workspace } from "./terraform.ts";
import { awsPlugins, makeMirror, missingTools } from "./tools.ts";

const missing = missingTools();
if (missing !== null) console.warn(`SKIPPED, aws-accelerator applied: ${missing}`);

const WHERE = "accelerator-root";
const BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/edge/0123456789abcdef";
const FIRST = `
    eu-central-1 = [{ endpoint = "i-0123456789abcdef0" }]
    us-east-1    = [{ endpoint = "${BALANCER}", weight = 10 }]`;
const SECOND = `
    eu-central-1 = [{ endpoint = "i-0123456789abcdef0", weight = 7 }, { endpoint = "i-0123456789abcdef1" }]
    eu-west-1    = [{ endpoint = "i-0123456789abcdef2" }]`;

describe.skipIf(missing !== null)("terraform/modules/aws-accelerator on an accelerator of our own", () => {
  const mirror = mkdtempSync(join(tmpdir(), "portolan-mirror-"));
  let space: Workspace;
  let server: AcceleratorServer;

  beforeAll(async () => {
    makeMirror(mirror, awsPlugins(), {});
    space = workspace(mirror);
    server = await startAccelerator();
    mkdirSync(join(space.folder, WHERE));
    write(FIRST, "");
    const init = await terraform("init");
    if (init.code !== 0) throw new Error(init.output);
  }, 120_000);
  afterAll(async () => {
    await server.close();
    space.close();
    rmSync(mirror, { recursive: true });
  });

  function write(edges: string, more: string): void {
    writeFileSync(
      join(space.folder, WHERE, "main.tf"),
      `provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "AKIDEXAMPLE"
  secret_key                  = "wJalrXUtnFEMI"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  endpoints {
    globalaccelerator = "${server.url}"
  }
}
module "addresses" {
  source = "../modules/aws-accelerator"
  edges = {${edges}
  }
${more}
}
output "addresses" {
  value = module.addresses.addresses
}
`,
    );
  }

  async function terraform(command: string, ...args: readonly string[]) {
    return space.run(WHERE, [command, "-no-color", "-input=false", ...args]);
  }

  async function apply(): Promise<string> {
    const { code, output } = await terraform("apply", "-auto-approve");
    expect(output).toContain("Apply complete!");
    expect(code).toBe(0);
    const again = await terraform("plan", "-detailed-exitcode");
    expect(again.output).toContain("No changes.");
    expect(again.code).toBe(0);
    return output;
  }

  /** What each region's edges are, as the server holds them. */
  function edges(): Readonly<Record<string, unknown>> {
    const listeners = [...server.accelerators.values()].flatMap((one) => [...one.listeners.values()]);
    return Object.fromEntries(
      listeners.flatMap(({ groups }) =>
        [...groups.values()].map((one) => [one.region, one.shown["EndpointDescriptions"]]),
      ),
    );
  }

  it("is applied, changed in place, planned without a change after each, and destroyed", {
    timeout: 900_000,
    retry: 0,
  }, async () => {
    const first = await apply();
    expect(first).toMatch(/Resources: 4 added, 0 changed, 0 destroyed/);
    expect(first).toMatch(/addresses = tolist\(\[\s+"192\.0\.2\.10",\s+"198\.51\.100\.10",/);
    const [arn] = server.accelerators.keys();
    expect(edges()).toMatchObject({
      "eu-central-1": [{ EndpointId: "i-0123456789abcdef0", Weight: 128, ClientIPPreservationEnabled: true }],
      "us-east-1": [{ EndpointId: BALANCER, Weight: 10 }],
    });

    write(SECOND, '  name  = "another"\n  ports = [443]\n  tags  = { team = "edge" }');
    expect(await apply()).toMatch(/Resources: 1 added, 3 changed, 1 destroyed/);
    // Addresses that DNS and people know are never given back for a change.
    expect([...server.accelerators.keys()]).toEqual([arn]);
    expect(Object.keys(edges()).sort()).toEqual(["eu-central-1", "eu-west-1"]);
    expect(edges()["eu-central-1"]).toMatchObject([{ Weight: 7 }, { Weight: 128 }]);
    const [held] = server.accelerators.values();
    expect(held?.shown).toMatchObject({ Name: "another", Enabled: true });
    expect([...(held?.tags ?? [])]).toEqual([["team", "edge"]]);

    write(SECOND, '  name    = "another"\n  ports   = [443]\n  enabled = false');
    expect(await apply()).toMatch(/0 added, 1 changed, 0 destroyed/);
    expect([...server.accelerators.keys()]).toEqual([arn]);

    const destroyed = await terraform("destroy", "-auto-approve");
    expect(destroyed.output).toMatch(/Destroy complete! Resources: 4 destroyed/);
    expect(server.accelerators.size).toBe(0);
    expect(server.changes.slice(-2)).toEqual(["UpdateAccelerator", "DeleteAccelerator"]);
  });
});
