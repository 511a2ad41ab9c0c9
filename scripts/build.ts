/** `npm run build`: the artefacts that are uploaded to edge platforms, a folder in dist/ for each. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundleEdge } from "./bundle.ts";

const DIST = join(import.meta.dirname, "../dist");
const ENTRIES = ["cloudflare", "fetch"] as const;

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
}
