import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { fastlyCompiler } from "../../scripts/fastly-compiler.ts";

const ROOT = join(import.meta.dirname, "../..");
const DIST = join(ROOT, "dist");
/** The engine for Fastly evaluates its script; the first time npm brings it. */
const BUILD_MS = 300_000;
const WRANGLER = "wrangler@4.164.0";

function build(): Readonly<Record<string, string>> {
  rmSync(DIST, { recursive: true, force: true });
  execFileSync(process.execPath, ["scripts/build.ts"], { cwd: ROOT, stdio: "pipe" });
  const files = readdirSync(DIST, { recursive: true, encoding: "utf8", withFileTypes: true }).filter((one) =>
    one.isFile(),
  );
  const digests = files.map(({ parentPath, name }): readonly [string, string] => {
    const path = join(parentPath, name);
    return [path.slice(DIST.length), createHash("sha256").update(readFileSync(path)).digest("hex")];
  });
  return Object.fromEntries(digests.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The command, from a cache outside of the project: it is 230 MB, and only this test needs it. */
function wrangler(): string | null {
  const home = join(process.env["PORTOLAN_CACHE"] ?? join(homedir(), ".cache/portolan"), WRANGLER);
  const command = join(home, "node_modules/.bin/wrangler");
  if (existsSync(command)) return command;
  mkdirSync(home, { recursive: true });
  try {
    execFileSync("npm", ["install", "--silent", "--no-audit", "--no-fund", "--prefix", home, WRANGLER], {
      stdio: "pipe",
    });
  } catch {
    console.warn(`SKIPPED, wrangler: cannot install ${WRANGLER} into "${home}"`);
    return null;
  }
  return command;
}

describe("npm run build", () => {
  let first: Readonly<Record<string, string>>;
  beforeAll(() => {
    first = build();
  }, BUILD_MS);

  it(
    "makes the same bytes twice, the package for Fastly too",
    async () => {
      expect(Object.keys(first)).toContain("/cloudflare/cloudflare.js");
      const compiler = await fastlyCompiler((line) => console.warn(`SKIPPED, Fastly: ${line}`));
      if (compiler !== null) expect(Object.keys(first)).toContain("/fastly.tar.gz");
      expect(build()).toEqual(first);
    },
    BUILD_MS,
  );

  it("makes the control function that wrangler.control.jsonc uploads as it is", (context) => {
    const command = wrangler() ?? context.skip();
    const out = mkdtempSync(join(tmpdir(), "portolan-wrangler-"));
    const env = { PATH: process.env["PATH"], HOME: out, CI: "1", WRANGLER_SEND_METRICS: "false" };
    const args = ["deploy", "--dry-run", "-c", "wrangler.control.jsonc", "--outdir", join(out, "worker")];
    const said = execFileSync(command, args, { cwd: ROOT, env, stdio: "pipe", encoding: "utf8" });
    expect(said).toContain("env.AGENT_KEYS");
    const name = "control-cron.js";
    const uploaded = readFileSync(join(out, "worker", name), "utf8");
    expect(uploaded).toContain(readFileSync(join(DIST, "control-cron", name), "utf8").trimEnd());
    rmSync(out, { recursive: true });
  });

  it("makes a Worker that wrangler.jsonc uploads as it is", (context) => {
    const command = wrangler() ?? context.skip();
    const out = mkdtempSync(join(tmpdir(), "portolan-wrangler-"));
    const env = { PATH: process.env["PATH"], HOME: out, CI: "1", WRANGLER_SEND_METRICS: "false" };
    const said = execFileSync(command, ["deploy", "--dry-run", "--outdir", join(out, "worker")], {
      cwd: ROOT,
      env,
      stdio: "pipe",
    });
    expect(String(said)).toContain("env.SNAPSHOTS");
    const built = Object.keys(first).filter((path) => /^\/cloudflare\/.*\.js$/.test(path));
    const uploaded = readdirSync(join(out, "worker")).filter((name) => name.endsWith(".js"));
    expect(uploaded.sort()).toEqual(built.map((path) => path.slice("/cloudflare/".length)).sort());
    for (const name of uploaded) {
      const [there, here] = [join(out, "worker", name), join(DIST, "cloudflare", name)].map((path) =>
        readFileSync(path, "utf8"),
      );
      // wrangler may end a file with a comment of its own.
      expect([name, there?.startsWith((here ?? "").trimEnd())]).toEqual([name, true]);
    }
    rmSync(out, { recursive: true });
  });
});
