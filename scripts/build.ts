/**
 * `npm run build`: the artefacts that are uploaded to edge platforms, a folder in dist/ for each, the zip of the
 * Lambda@Edge function and the package for Fastly; and the control function, for Workers and for AWS Lambda.
 *
 * | `--` option | puts |
 * | --- | --- |
 * | `--settings FILE` | settings (JSON) into the zip of the function, which has no environment |
 * | `--control DIR` | a folder with `portolan.yaml` into the zip of the control function |
 * | `--snapshot FILE` | a snapshot in one piece into the package for Fastly |
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readBundle } from "../workers/bundle-file.ts";
import { bundleEdge } from "./bundle.ts";
import { controlFiles } from "./bundle-control.ts";
import { controlCron } from "./bundle-cron.ts";
import { fastlyPackage, fastlyScript } from "./bundle-fastly.ts";
import { fastlyCompiler } from "./fastly-compiler.ts";
import { licenceText } from "./licences.ts";
import { zip } from "./zip.ts";

const DIST = join(import.meta.dirname, "../dist");
const ENTRIES = ["cloudflare", "fetch", "lambda-edge"] as const;

const { values } = parseArgs({
  options: { settings: { type: "string" }, control: { type: "string" }, snapshot: { type: "string" } },
});

for (const entry of ENTRIES) {
  const folder = join(DIST, entry);
  // Names change with content: without this an upload would carry modules of earlier builds.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { modules, licences } = await bundleEdge(entry);
  await writeFile(join(folder, "LICENSE"), licenceText(licences));
  for (const { name, code, sourceMap, atStart } of modules) {
    await writeFile(join(folder, name), code);
    await writeFile(join(folder, `${name}.map`), sourceMap);
    console.log(`dist/${entry}/${name} ${Buffer.byteLength(code)} bytes, ${atStart ? "at start" : "on demand"}`);
  }
  if (entry === "lambda-edge") await writeZip(modules, licences);
}

await mkdir(join(DIST, "control-cron"), { recursive: true });
const cron = await controlCron();
await writeFile(join(DIST, "control-cron/control-cron.js"), cron);
console.log(`dist/control-cron/control-cron.js ${Buffer.byteLength(cron)} bytes`);

const control = zip(await controlFiles(values.control ?? null));
await writeFile(join(DIST, "control-lambda.zip"), control);
const lacking = values.control === undefined ? ", without portolan.yaml" : "";
console.log(`dist/control-lambda.zip ${control.length} bytes${lacking}`);

await writeFastly();

/** The package for Fastly, with the script that is in it beside it. A compiler that cannot be had fails nothing else. */
async function writeFastly(): Promise<void> {
  const folder = join(DIST, "fastly");
  await rm(folder, { recursive: true, force: true });
  await rm(join(DIST, "fastly.tar.gz"), { force: true });
  await mkdir(folder, { recursive: true });
  const bundled = values.snapshot === undefined ? null : await readBundle(values.snapshot);
  const { code, sourceMap } = await fastlyScript(bundled);
  await writeFile(join(folder, "fastly.js"), code);
  await writeFile(join(folder, "fastly.js.map"), sourceMap);
  console.log(`dist/fastly/fastly.js ${Buffer.byteLength(code)} bytes, evaluated in the package`);
  const compiler = await fastlyCompiler((line) => console.error(`dist/fastly.tar.gz is not made: ${line}`));
  if (compiler === null) return;
  await writeFile(join(folder, "LICENSE"), licenceText([]));
  await writeFile(join(folder, "LICENSE-engine"), compiler.licence);
  const bytes = fastlyPackage(compiler.compile(code));
  await writeFile(join(DIST, "fastly.tar.gz"), bytes);
  const lacking = bundled === null ? ", without a snapshot" : "";
  console.log(`dist/fastly.tar.gz ${bytes.length} bytes${lacking}`);
}

async function writeZip(
  modules: readonly { readonly name: string; readonly code: string }[],
  licences: readonly string[],
): Promise<void> {
  const files = new Map(modules.map(({ name, code }) => [name, code]));
  files.set("LICENSE", licenceText(licences));
  files.set("package.json", '{"type":"module"}\n');
  if (values.settings !== undefined)
    files.set("settings.mjs", `export default ${await settingsText(values.settings)};\n`);
  const bytes = zip(files);
  await writeFile(join(DIST, "lambda-edge.zip"), bytes);
  const missing = values.settings === undefined ? ", without settings.mjs" : "";
  console.log(`dist/lambda-edge.zip ${bytes.length} bytes${missing}`);
}

/** JSON as it will stand in the module; fails where it is none, or no object. */
async function settingsText(path: string): Promise<string> {
  const value: unknown = JSON.parse(await readFile(path, "utf8"));
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`Cannot take the settings from "${path}": it is not a JSON object`);
  }
  return JSON.stringify(value);
}
