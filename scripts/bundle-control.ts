/** The control function for AWS Lambda: one module for Node, and as `config/` the folder that `portolan.yaml` is in. */
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { build } from "esbuild";
import { licencesOf, licenceText } from "./licences.ts";

const ROOT = join(import.meta.dirname, "..");

/** Packages of CommonJS call `require`, which a module does not have. */
const REQUIRE = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/** What goes into the zip, by name. The same sources and the same folder give the same bytes. */
export async function controlFiles(folder: string | null): Promise<ReadonlyMap<string, string>> {
  const config = folder === null ? [] : await configFiles(folder);
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ["workers/control-lambda.ts"],
    bundle: true,
    minify: true,
    charset: "utf8",
    format: "esm",
    platform: "node",
    target: "node22",
    banner: { js: REQUIRE },
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  return new Map([
    ["control-lambda.js", outputFiles[0]?.text ?? ""],
    ["package.json", '{"type":"module"}\n'],
    ["LICENSE", licenceText(licencesOf(metafile))],
    ...config,
  ]);
}

/** Every file of the folder, by its name in the zip; fails when `portolan.yaml` is not among them. */
export async function configFiles(folder: string): Promise<readonly (readonly [name: string, text: string])[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  if (!paths.includes(join(folder, "portolan.yaml"))) {
    throw new RangeError(`Cannot build the control function from "${folder}": it holds no portolan.yaml`);
  }
  return await Promise.all(
    paths.map(async (path) => [join("config", relative(folder, path)), await readFile(path, "utf8")] as const),
  );
}
