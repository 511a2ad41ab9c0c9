/**
 * `npm run build`: the artefacts that are uploaded to edge platforms, a folder in dist/ for each, and the zip of the
 * Lambda@Edge function. `-- --settings FILE` puts its settings (JSON) into the zip: a function there has no environment.
 * The control function is there for Workers, and for AWS Lambda, for which `-- --control DIR` puts a folder with
 * `portolan.yaml` into its zip.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundleEdge } from "./bundle.ts";
import { controlFiles } from "./bundle-control.ts";
import { controlCron } from "./bundle-cron.ts";
import { zip } from "./zip.ts";

const DIST = join(import.meta.dirname, "../dist");
const ENTRIES = ["cloudflare", "fetch", "lambda-edge"] as const;

const { values } = parseArgs({ options: { settings: { type: "string" }, control: { type: "string" } } });

for (const entry of ENTRIES) {
  const folder = join(DIST, entry);
  // Names change with content: without this an upload would carry modules of earlier builds.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { modules } = await bundleEdge(entry);
  for (const { name, code, sourceMap, atStart } of modules) {
    await writeFile(join(folder, name), code);
    await writeFile(join(folder, `${name}.map`), sourceMap);
    console.log(`dist/${entry}/${name} ${Buffer.byteLength(code)} bytes, ${atStart ? "at start" : "on demand"}`);
  }
  if (entry === "lambda-edge") await writeZip(modules);
}

await mkdir(join(DIST, "control-cron"), { recursive: true });
const cron = await controlCron();
await writeFile(join(DIST, "control-cron/control-cron.js"), cron);
console.log(`dist/control-cron/control-cron.js ${Buffer.byteLength(cron)} bytes`);

const control = zip(await controlFiles(values.control ?? null));
await writeFile(join(DIST, "control-lambda.zip"), control);
const lacking = values.control === undefined ? ", without portolan.yaml" : "";
console.log(`dist/control-lambda.zip ${control.length} bytes${lacking}`);

async function writeZip(modules: readonly { readonly name: string; readonly code: string }[]): Promise<void> {
  const files = new Map(modules.map(({ name, code }) => [name, code]));
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
