/** The AWS modules by the genuine provider against moto, all of them in the example that uses them together. */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasMoto, type Moto, startMoto } from "./moto.ts";
import { SOURCES, workspace, type Workspace } from "./terraform.ts";
import { awsPlugins, makeMirror, missingTools } from "./tools.ts";

const missing = missingTools() ?? (hasMoto() ? null : "no .venv/bin/moto_server; .ci/run makes it");
if (missing !== null) console.warn(`SKIPPED, the AWS modules on moto: ${missing}`);

const WHERE = "examples/aws-only";
const PREVIOUS = join(import.meta.dirname, "previous");
/** The example as it was for those modules: an edge with a bucket of its own. */
const PREVIOUS_EXAMPLE = join(import.meta.dirname, "previous-example");
const AWS = join(import.meta.dirname, "../../../.venv/bin/aws");

/** What an account could still hold, and where its list is in the answer. */
const LEFT: readonly (readonly [command: string, list: string])[] = [
  ["route53 list-hosted-zones", "HostedZones"],
  ["route53 list-health-checks", "HealthChecks"],
  ["s3api list-buckets", "Buckets"],
  ["lambda list-functions", "Functions"],
  ["iam list-roles", "Roles"],
  ["events list-rules", "Rules"],
  ["logs describe-log-groups", "logGroups"],
  ["cloudfront list-distributions", "DistributionList.Items"],
  ["cloudfront list-origin-access-controls", "OriginAccessControlList.Items"],
  ["acm list-certificates", "CertificateSummaryList"],
];

describe.skipIf(missing !== null)("terraform/examples/aws-only on moto", () => {
  const mirror = mkdtempSync(join(tmpdir(), "portolan-mirror-"));
  let space: Workspace;
  let moto: Moto;
  let env: Readonly<Record<string, string>>;

  beforeAll(async () => {
    makeMirror(mirror, awsPlugins(), {});
    space = workspace(mirror);
    moto = await startMoto();
    const zone = await aws("route53", "create-hosted-zone", "--name", "example.org", "--caller-reference", "test");
    env = { ...moto.environment, ...inputs(String(zone.HostedZone?.Id).replace("/hostedzone/", "")) };
  }, 120_000);
  afterAll(async () => {
    await moto.close();
    space.close();
    rmSync(mirror, { recursive: true });
  });

  async function terraform(...args: readonly string[]) {
    return space.run(WHERE, [...args, "-no-color"], env);
  }

  async function aws(...args: readonly string[]): Promise<{ readonly HostedZone?: { readonly Id: string } }> {
    const environment = { PATH: process.env["PATH"] ?? "", ...moto.environment, AWS_DEFAULT_REGION: "us-east-1" };
    const all = ["--endpoint-url", moto.url, "--output", "json", ...args];
    const { stdout } = await promisify(execFile)(AWS, all, { env: environment });
    return stdout.trim() === "" ? {} : JSON.parse(stdout);
  }

  /** Names of everything in the account, in the regions that the example uses. */
  async function left(): Promise<readonly string[]> {
    const found = [];
    for (const region of ["us-east-1", "eu-central-1"]) {
      for (const [command, list] of LEFT) {
        const answer = await aws("--region", region, ...command.split(" "));
        const items = list.split(".").reduce<unknown>((value, key) => Object(value)[key], answer);
        for (const item of Array.isArray(items) ? items : []) found.push(`${command}: ${nameOf(item)}`);
      }
    }
    return [...new Set(found)].sort();
  }

  it("applies the previous version, upgrades it without losing anything, shares one bucket, changes nothing twice, and leaves nothing", async () => {
    use(PREVIOUS);
    useExample(PREVIOUS_EXAMPLE);
    expect((await terraform("init", "-input=false")).code).toBe(0);
    const first = await terraform("apply", "-auto-approve", "-input=false");
    expect(first.output).toMatch(/Apply complete! Resources: 2\d added, 0 changed, 0 destroyed/);

    use(join(SOURCES, "modules"));
    expect((await terraform("init", "-input=false")).code).toBe(0);
    const upgrade = await terraform("plan", "-out=upgrade", "-input=false");
    // Zones, buckets and distributions hold what cannot be made again.
    expect(upgrade.output).not.toMatch(/must be replaced|will be destroyed/);
    expect((await terraform("apply", "upgrade")).code).toBe(0);

    // The example of today: the edge reads the store of control, and its own bucket goes.
    useExample(join(SOURCES, WHERE));
    const shared = await terraform("plan", "-out=shared", "-input=false");
    const gone = [...shared.output.matchAll(/^ {2}# (\S+) will be destroyed$/gm)].map(([, address]) => address ?? "");
    expect(gone.length).toBeGreaterThan(0);
    expect(gone.filter((address) => !address.startsWith("module.edge.aws_s3_bucket"))).toEqual([]);
    expect(shared.output).not.toMatch(/must be replaced/);
    expect((await terraform("apply", "shared")).code).toBe(0);
    const policy = await aws("--region", "eu-central-1", "s3api", "get-bucket-policy", "--bucket", "example-org-store");
    expect(JSON.stringify(policy)).toContain("cloudfront.amazonaws.com");

    const second = await terraform("plan", "-detailed-exitcode", "-input=false");
    expect([second.code, second.output]).toEqual([0, expect.stringContaining("No changes.")]);

    const before = await left();
    expect(before).toContain("s3api list-buckets: example-org-store");
    expect(before.length).toBeGreaterThan(10);
    const destroyed = await terraform("destroy", "-auto-approve", "-input=false");
    expect(destroyed.output).toMatch(/Destroy complete! Resources: 2\d destroyed/);
    // Only the parent zone, which the test made.
    expect(await left()).toEqual(["route53 list-hosted-zones: example.org."]);
  }, 1_800_000);

  function useExample(from: string): void {
    for (const name of readdirSync(from).filter((one) => one.endsWith(".tf"))) {
      cpSync(join(from, name), join(space.folder, WHERE, name));
    }
  }

  function use(modules: string): void {
    const names = readdirSync(PREVIOUS, { withFileTypes: true }).filter((one) => one.isDirectory());
    for (const { name } of names) {
      const target = join(space.folder, "modules", name);
      rmSync(target, { recursive: true });
      cpSync(join(modules, name), target, { recursive: true });
    }
  }

  function inputs(zoneId: string): Readonly<Record<string, string>> {
    const artefact = (module: string, file: string) => join(SOURCES, "modules", module, "tests", file);
    return {
      TF_VAR_prefix: "example-org",
      TF_VAR_domain: "example.org",
      TF_VAR_domain_zone_id: zoneId,
      TF_VAR_origins: '{ first = "fra.origins.example.org", second = "iad.origins.example.org" }',
      TF_VAR_public_keys: `{ k1 = { kty = "EC", crv = "P-256", x = "${"A".repeat(43)}", y = "${"B".repeat(43)}" } }`,
      TF_VAR_edge_artefact: artefact("aws-edge", "lambda-edge.zip"),
      TF_VAR_control_artefact: artefact("control-lambda", "control-lambda.zip"),
    };
  }
});

function nameOf(item: unknown): string {
  const keys = ["Name", "FunctionName", "RoleName", "logGroupName", "DomainName", "CertificateArn", "Id"];
  const found = keys.map((key) => Object(item)[key] as unknown).find((value) => typeof value === "string");
  return typeof found === "string" ? found : JSON.stringify(item);
}
