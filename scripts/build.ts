/** `npm run build`: the artefacts that are uploaded to edge platforms, in dist/. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundleEdge } from "./bundle.ts";

const DIST = join(import.meta.dirname, "../dist");
const ENTRIES = ["cloudflare"] as const;

await mkdir(DIST, { recursive: true });
for (const entry of ENTRIES) {
  const { code, sourceMap } = await bundleEdge(entry);
  await writeFile(join(DIST, `${entry}.js`), code);
  await writeFile(join(DIST, `${entry}.js.map`), sourceMap);
  console.log(`dist/${entry}.js ${Buffer.byteLength(code)} bytes`);
}
