import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask } from "../conformance/edge-client.ts";
import { decisionHash } from "./decisions/hash.ts";
import { decisionInput, INPUT } from "./decisions/input-plugin.ts";
import { startWorkerd } from "./workerd.ts";

const run = promisify(execFile);
const BIN = join(import.meta.dirname, "../../node_modules/.bin");

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "decisions", `${entry}.ts`)],
    bundle: true,
    format: "esm",
    platform: "neutral",
    target: "es2024",
    write: false,
    plugins: [decisionInput(INPUT)],
  });
  return outputFiles[0]?.text ?? "";
}

describe("decide() on every runtime", () => {
  let folder = "";
  let expected = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "portolan-decisions-"));
    await writeFile(join(folder, "print.mjs"), await bundle("print"));
    expected = await decisionHash(INPUT);
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("has something to decide", () => {
    const [, forwarded] = expected.split(" ");
    expect(Number(forwarded)).toBeGreaterThan(5000);
    expect(Number(forwarded)).toBeLessThan(10_000);
  });

  it.each([
    ["Node", process.execPath, []],
    ["Deno", join(BIN, "deno"), ["run", "--quiet", "--no-remote", "--no-config"]],
    ["Bun", join(BIN, "bun"), ["run"]],
  ] as const)("gives the same bytes on %s", async (_name, binary, args) => {
    const { stdout } = await run(binary, [...args, join(folder, "print.mjs")]);
    expect(stdout.trim()).toBe(expected);
  });

  it("gives the same bytes on workerd", async () => {
    const modules = [{ name: "worker.js", code: await bundle("worker") }];
    const worker = await startWorkerd({ modules, bindings: {}, kv: "http://127.0.0.1:9" });
    expect((await ask(worker.url, "/")).text).toBe(expected);
    await worker.close();
  });
});
