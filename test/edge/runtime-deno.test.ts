import { join } from "node:path";
import { edgeRuntimeSuite } from "../conformance/edge-runtime.ts";
import { capabilities } from "../../workers/deno.ts";
import { startSocketProcess } from "./socket-process.ts";

const DENO = {
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
  provesUnsent: capabilities.provesUnsent,
  hostOverride: capabilities.hostOverride,
  start: (options) => startSocketProcess(DENO, options),
});
