import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fastlyPackage, fastlyScript } from "../../scripts/bundle-fastly.ts";
import { tar } from "../../scripts/tar.ts";
import { renameImport } from "../../scripts/wasm-imports.ts";

/** As much of `WebAssembly` as runs one function: its types come with a browser's. */
interface Engine {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: { now(): unknown } };
}
const engine = (globalThis as unknown as { readonly WebAssembly: Engine }).WebAssembly;

describe("tar()", () => {
  it("makes what tar reads, the same bytes for the same files", () => {
    const folder = mkdtempSync(join(tmpdir(), "portolan-tar-"));
    const files = new Map([
      ["edge/fastly.toml", new TextEncoder().encode("manifest_version = 3\n")],
      ["edge/bin/main.wasm", Uint8Array.from({ length: 1300 }, (_, index) => index % 256)],
    ]);
    writeFileSync(join(folder, "edge.tar"), tar(files));
    execFileSync("tar", ["-xf", "edge.tar"], { cwd: folder });
    for (const [name, bytes] of files) expect(new Uint8Array(readFileSync(join(folder, name)))).toEqual(bytes);
    rmSync(folder, { recursive: true });
    expect(tar(new Map([...files].reverse()))).toEqual(tar(files));
  });

  it("refuses a name that a header cannot hold", () => {
    expect(() => tar(new Map([["a".repeat(101), new Uint8Array()]]))).toThrow(RangeError);
  });
});

describe("renameImport()", () => {
  // (module (import "a" "now" (func (result i32))) (export "now" (func 0)))
  const module = new Uint8Array(
    Buffer.from("0061736d010000000105016000017f0209010161036e6f770000070701036e6f770000", "hex"),
  );
  const now = (bytes: Uint8Array, imports: Readonly<Record<string, object>>): unknown =>
    new engine.Instance(new engine.Module(bytes), imports).exports.now();

  it("lets another module answer, and back", () => {
    const other = "a name of more than one hundred and twenty-seven characters".padEnd(200, ".");
    const renamed = renameImport(module, { module: "a", name: "now" }, other);
    expect(now(renamed, { [other]: { now: () => 7 } })).toBe(7);
    expect(new Uint8Array(renameImport(renamed, { module: other, name: "now" }, "a"))).toEqual(module);
  });

  it("says when there is no such import", () => {
    expect(() => renameImport(module, { module: "b", name: "now" }, "c")).toThrow(
      'Cannot rename the import "now" of "b": there is none',
    );
  });
});

describe("fastlyScript()", () => {
  it("is one script without imports, packages or built-ins of Node, the same twice", async () => {
    const { code, sourceMap, inputs } = await fastlyScript(null);
    expect(code).not.toMatch(/["'](node|fastly):/);
    expect(code).not.toMatch(/\bimport\(/);
    expect(inputs.filter((path) => path.includes("node_modules"))).toEqual([]);
    expect(inputs).toContain("src/core/decide.ts");
    // It reads parts, and follows nothing.
    expect(JSON.parse(sourceMap)).toMatchObject({ version: 3 });
    expect((await fastlyScript(null)).code).toBe(code);
  });

  it("carries the snapshot that it starts from", async () => {
    const { code } = await fastlyScript({ "parts/rest": "the-rest" });
    expect(code).toContain("the-rest");
  });
});

describe("fastlyPackage()", () => {
  it("holds the module and the manifest where Fastly looks for them", () => {
    const folder = mkdtempSync(join(tmpdir(), "portolan-package-"));
    writeFileSync(join(folder, "p.tar.gz"), fastlyPackage(Uint8Array.of(0, 97, 115, 109)));
    const names = String(execFileSync("tar", ["-tzf", "p.tar.gz"], { cwd: folder }));
    expect(names).toBe("portolan-edge/bin/main.wasm\nportolan-edge/fastly.toml\n");
    rmSync(folder, { recursive: true });
  });
});
