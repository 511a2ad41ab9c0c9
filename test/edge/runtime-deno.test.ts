import { join } from "node:path";
import { edgeRuntimeSuite } from "../conformance/edge-runtime.ts";
import { DENO } from "../../workers/capabilities.ts";
import { startSocketProcess } from "./socket-process.ts";

const COMMAND = {
  binary: join(import.meta.dirname, "../../node_modules/.bin/deno"),
  args: [
    "run",
    "--quiet",
    "--no-remote",
    "--allow-net",
    "--allow-env",
    "--allow-read",
    "--allow-sys",
    "workers/deno.ts",
  ],
};

edgeRuntimeSuite({
  name: "Deno",
  provesUnsent: DENO.provesUnsent,
  hostOverride: DENO.hostOverride,
  start: (options) => startSocketProcess(COMMAND, options),
});
