import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleEdge } from "../../scripts/bundle.ts";
import { FETCH } from "../../workers/capabilities.ts";
import { edgeRuntimeSuite, type Gap } from "../conformance/edge-runtime.ts";
import { startServedBundle } from "./served-bundle.ts";

const { modules } = await bundleEdge("fetch");
const folder = await mkdtemp(join(tmpdir(), "portolan-fetch-"));
for (const { name, code } of modules) await writeFile(join(folder, name), code);

const GAPS: Readonly<Record<"Deno" | "Bun", readonly Gap[]>> = {
  Deno: [
    {
      reason: "Deno's fetch decodes a body and drops its encoding and length; it has no setting for that",
      tests: ["leaves an encoded body, its length and its validators as they are"],
    },
  ],
  Bun: [
    {
      reason: "Bun's server answers 505 itself where the version is malformed",
      tests: ["answers 400 to a malformed head"],
    },
    {
      reason: "Bun's server joins repeated slashes of a target before we see it (rawTarget)",
      tests: ["keeps a target that looks like an authority with its own origin"],
    },
  ],
};

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
