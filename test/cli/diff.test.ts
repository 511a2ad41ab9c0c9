import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { diffCommand } from "../../src/cli/commands/diff.ts";
import type { CliDeps } from "../../src/cli/deps.ts";
import { loadTree } from "../../workers/manifests.ts";

const EXAMPLE = join(import.meta.dirname, "../../examples/three-clusters");
const folder = mkdtempSync(join(tmpdir(), "portolan-diff-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LOG = join(folder, "access.jsonl");
writeFileSync(
  LOG,
  [
    { host: "shop.example.org", path: "/cart", method: "GET", client: "192.0.2.0/24", country: "DE" },
    { host: "shop.example.org", path: "/", client: null, country: "FR" },
    { host: "shop.example.org", path: "/", client: "JP" },
    { host: "nobody.example.org", path: "/" },
    { host: null, path: null, code: "bad-host" },
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join(""),
);

/** A copy of the example with one cluster's manifest changed. */
function changed(name: string, change: (yaml: string) => string): string {
  const copy = join(folder, name);
  cpSync(EXAMPLE, copy, { recursive: true });
  const file = join(copy, "cluster-eu-west-1.yaml");
  writeFileSync(file, change(readFileSync(file, "utf8")));
  return copy;
}

async function diff(...args: readonly string[]): Promise<{ code: number; out: string }> {
  let out = "";
  const deps = { out: (text: string) => void (out += text), loadTree } as unknown as CliDeps;
  const code = await diffCommand.run(["--from", EXAMPLE, "--requests", LOG, ...args], deps);
  return { code, out };
}

describe("portolan diff", () => {
  it("is content when nothing moves", async () => {
    const { code, out } = await diff(
      "--against",
      changed("same", (yaml) => yaml),
    );
    expect([code, out]).toEqual([
      0,
      "4 requests: 4 stay, 0 move (0.0 %)\n1 lines of the log are no requests and were left out\n",
    ]);
  });

  it("lists what moves, by host and country, with the cost", async () => {
    const drained = changed("drained", (yaml) => yaml.replace("spec:", "spec:\n  weight: 0"));
    const { code, out } = await diff("--against", drained);
    expect(code).toBe(1);
    expect(out).toMatch(/4 requests: 2 stay, 2 move \(50\.0 %\)/);
    expect(out).toMatch(/1 +shop\.example\.org +DE +eu-west-1 +us-east1 +\+\d+/);
    expect(out).toMatch(/1 +shop\.example\.org +FR +eu-west-1 +us-east1 +\+\d+/);
    expect((await diff("--against", drained, "--max-moved", "50")).code).toBe(0);
    expect((await diff("--against", drained, "--max-moved", "49")).code).toBe(1);
  });

  it("never forgives a request that is lost", async () => {
    const copy = changed("lost", (yaml) => yaml);
    const shop = join(copy, "shop.yaml");
    writeFileSync(shop, readFileSync(shop, "utf8").replace("shop.example.org", "store.example.org"));
    const { code, out } = await diff("--against", copy, "--max-moved", "100", "-o", "json");
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ requests: 4, moved: 3, lost: 3, gained: 0, unread: 1 });
  });
});
