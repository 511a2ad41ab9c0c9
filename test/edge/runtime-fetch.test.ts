import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleEdge } from "../../scripts/bundle.ts";
import { FETCH } from "../../workers/capabilities.ts";
import { edgeRuntimeSuite } from "../conformance/edge-runtime.ts";
import { BUN_FETCH_GAPS, DENO_FETCH_GAPS } from "./declared-gaps.ts";
import { startServedBundle } from "./served-bundle.ts";

const { modules } = await bundleEdge("fetch");
const folder = await mkdtemp(join(tmpdir(), "portolan-fetch-"));
for (const { name, code } of modules) await writeFile(join(folder, name), code);

const GAPS = { Deno: DENO_FETCH_GAPS, Bun: BUN_FETCH_GAPS };

for (const runtime of ["Deno", "Bun"] as const) {
  edgeRuntimeSuite(
    {
      name: `fetch on ${runtime}`,
      provesUnsent: FETCH.provesUnsent,
      hostOverride: FETCH.hostOverride,
      start: (options) => startServedBundle(runtime, join(folder, "fetch.js"), options),
    },
    GAPS[runtime],
  );
}
