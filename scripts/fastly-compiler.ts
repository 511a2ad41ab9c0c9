/**
 * From a script to a module for Fastly Compute: the engine of `@fastly/js-compute` with the script evaluated in it. Time
 * and randomness stand still meanwhile, so that the same script gives the same bytes (ADR 19).
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { renameImport } from "./wasm-imports.ts";

export const ENGINE = "@fastly/js-compute@3.46.0";
const WIZER = "@bytecodealliance/wizer@7.0.5";

/** What would make two builds differ; while the script is evaluated they do nothing. */
const STILL = ["random_get", "clock_time_get"] as const;
const WASI = "wasi_snapshot_preview1";
const STILL_MODULE = "portolan_still";
const STILL_TEXT = `(module
  (func (export "random_get") (param i32 i32) (result i32) (i32.const 0))
  (func (export "clock_time_get") (param i32 i64 i32) (result i32) (i32.const 0)))
`;

export interface FastlyCompiler {
  /** The module; throws with what the engine said. */
  compile(script: string): Uint8Array;
  /** Licence of the engine that is part of every module. */
  readonly licence: string;
}

/**
 * The compiler out of a cache outside of the project, where it is put the first time: its package would bring 450 MB of
 * others along, of which two files are used. Null, and said why, when it cannot be had.
 */
export async function fastlyCompiler(say: (line: string) => void): Promise<FastlyCompiler | null> {
  const home = join(process.env["PORTOLAN_CACHE"] ?? join(homedir(), ".cache/portolan"), ENGINE);
  const engine = join(home, "package/fastly.wasm");
  const wizer = join(home, "node_modules/@bytecodealliance/wizer/index.js");
  try {
    if (!existsSync(engine) || !existsSync(wizer)) install(home);
  } catch {
    say(`Cannot install ${ENGINE} into "${home}": npm does not give it`);
    return null;
  }
  const { default: binary } = (await import(pathToFileURL(wizer).href)) as { readonly default: string };
  return {
    compile: (script) => evaluate(script, readFileSync(engine), binary),
    licence: readFileSync(join(home, "package/LICENSE"), "utf8"),
  };
}

function install(home: string): void {
  mkdirSync(home, { recursive: true });
  const npm = (...args: readonly string[]) =>
    execFileSync("npm", args, { cwd: home, stdio: ["ignore", "pipe", "pipe"] });
  const packed = String(npm("pack", "--silent", ENGINE)).trim();
  execFileSync("tar", ["-xzf", packed, "package/fastly.wasm", "package/LICENSE"], { cwd: home });
  rmSync(join(home, packed));
  npm("install", "--silent", "--no-audit", "--no-fund", "--prefix", home, WIZER);
}

function evaluate(script: string, engine: Uint8Array, wizer: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "portolan-fastly-"));
  try {
    const still = STILL.reduce((bytes, name) => renameImport(bytes, { module: WASI, name }, STILL_MODULE), engine);
    writeFileSync(join(folder, "engine.wasm"), still);
    writeFileSync(join(folder, "still.wat"), STILL_TEXT);
    writeFileSync(join(folder, "edge.js"), script);
    execFileSync(
      wizer,
      [
        "--allow-wasi",
        "--wasm-bulk-memory=true",
        "--dir=.",
        "-r",
        "_start=wizer.resume",
        `--preload=${STILL_MODULE}=still.wat`,
        "-o=edge.wasm",
        "engine.wasm",
      ],
      // What the engine reads from its standard input is its command line.
      { cwd: folder, input: "edge.js --legacy-script", env: {}, stdio: ["pipe", "pipe", "pipe"] },
    );
    const evaluated: Uint8Array = readFileSync(join(folder, "edge.wasm"));
    return STILL.reduce((bytes, name) => renameImport(bytes, { module: STILL_MODULE, name }, WASI), evaluated);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
