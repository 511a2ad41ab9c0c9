import { join } from "node:path";
import { edgeRuntimeSuite } from "../conformance/edge-runtime.ts";
import { BUN } from "../../workers/capabilities.ts";
import { startSocketProcess } from "./socket-process.ts";

const COMMAND = {
  binary: join(import.meta.dirname, "../../node_modules/.bin/bun"),
  args: ["run", "workers/bun.ts"],
};

edgeRuntimeSuite({
  name: "Bun",
  provesUnsent: BUN.provesUnsent,
  hostOverride: BUN.hostOverride,
  start: (options) => startSocketProcess(COMMAND, options),
});
