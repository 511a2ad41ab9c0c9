/** The control function as the zip that Lambda gets, with events of EventBridge, over folders of manifests. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configFiles, controlFiles } from "../../scripts/bundle-control.ts";
import { makeKeys } from "../../workers/key-files.ts";

const CONTROL = `apiVersion: portolan.dev/v1alpha1
kind: Control
metadata: { name: control }
spec:
  store: { file: ../../state }
  signingKey: ../../keys/signing.jwk
---
apiVersion: portolan.dev/v1alpha1
kind: Cluster
metadata: { name: fra }
spec: { provider: gcp, region: europe-west3 }
`;

/** Calls the handler once for each round and run in it; prints what each gives. */
const RUNNER = `import { handler } from "./control-lambda.js";
const [source, rounds] = JSON.parse(process.argv[2]);
const event = { source, "detail-type": "Scheduled Event" };
const all = [];
for (const round of rounds) {
  const runs = round.map((leftMs, index) =>
    handler(event, { awsRequestId: "run-" + index, getRemainingTimeInMillis: () => leftMs }).then((run) => run.outcome, String));
  all.push(await Promise.all(runs));
}
console.log("=" + JSON.stringify(all));
`;

/** What is the same for each test; bundling takes seconds. */
const code = await controlFiles(null);

let folder = "";
let root = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "portolan-control-lambda-"));
  root = join(folder, "task");
  await makeKeys(join(folder, "keys"), "k1");
  for (const [name, text] of [...code, ["config/portolan.yaml", CONTROL] as const, ["run.mjs", RUNNER] as const]) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
});
afterEach(() => rm(folder, { recursive: true }));

/** Outcomes by round: in a round all begin at once, each with so many milliseconds left. */
async function outcomes(source: string, rounds: readonly (readonly number[])[]): Promise<readonly string[][]> {
  const env = { PATH: process.env["PATH"], LAMBDA_TASK_ROOT: root };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(root, "run.mjs"), JSON.stringify([source, rounds])],
    { env },
  );
  return JSON.parse(/^=(.*)$/m.exec(stdout)?.[1] ?? "[]") as string[][];
}

describe("workers/control-lambda.ts", () => {
  it("publishes on a schedule, and finds nothing to do the next time", async () => {
    expect(await outcomes("aws.events", [[240_000], [240_000]])).toEqual([["published"], ["unchanged"]]);
    expect((await readdir(join(folder, "state"), { recursive: true })).join("\n")).toContain("manifest");
  });

  it("lets one of two schedules run, and the next one when that has ended", async () => {
    const [together, after] = await outcomes("aws.events", [[240_000, 240_000], [240_000]]);
    expect(together?.toSorted()).toEqual(["leased", "published"]);
    expect(after).toEqual(["unchanged"]);
  });

  it("begins nothing that it has no time for, and the next run does it", async () => {
    expect(await outcomes("aws.events", [[15_000], [20_001], [240_000]])).toEqual([
      ["out-of-time"],
      ["out-of-time"],
      ["published"],
    ]);
  });

  it("waits for a DNS provider that throttles only as long as it has time", async () => {
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      response.writeHead(429, { "content-type": "application/json", "retry-after": "60" }).end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const provider = `{ type: cloudflare, token: { file: ../../keys/token }, url: "http://127.0.0.1:${port}" }`;
    const dns = `  dns: { owner: east, edges: [{ name: a, addresses: [192.0.2.1] }], zones: [{ name: example.org, provider: ${provider} }] }\n`;
    await writeFile(join(folder, "keys/token"), "secret");
    await writeFile(join(root, "config/portolan.yaml"), CONTROL.replace("---", `${dns}---`));
    const startedMs = performance.now();
    expect(await outcomes("aws.events", [[22_000]])).toEqual([["out-of-time"]]);
    expect(asked).toBeGreaterThan(0);
    // Two seconds are left of the time, and the start of the process.
    expect(performance.now() - startedMs).toBeLessThan(15_000);
    server.close();
  }, 30_000);

  it("refuses an event of something else", async () => {
    const [[said] = []] = await outcomes("aws.s3", [[240_000]]);
    expect(said).toContain('RangeError: Cannot serve an event of "aws.s3" ("Scheduled Event")');
  });
});

describe("configFiles()", () => {
  it("puts the folder into the zip, and wants a portolan.yaml in it", async () => {
    const config = await mkdtemp(join(tmpdir(), "portolan-config-"));
    await expect(configFiles(config)).rejects.toThrow(
      /^Cannot build the control function from ".*": it holds no portolan/,
    );
    await writeFile(join(config, "portolan.yaml"), CONTROL);
    expect(await configFiles(config)).toEqual([["config/portolan.yaml", CONTROL]]);
    await rm(config, { recursive: true });
  });
});
