import { join } from "node:path";
import { edgeRuntimeSuite } from "../conformance/edge-runtime.ts";
import { capabilities } from "../../workers/bun.ts";
import { startSocketProcess } from "./socket-process.ts";

const BUN = {
  binary: join(import.meta.dirname, "../../node_modules/.bin/bun"),
  args: ["run", "workers/bun.ts"],
};

edgeRuntimeSuite({
  name: "Bun",
  provesUnsent: capabilities.provesUnsent,
  hostOverride: capabilities.hostOverride,
  start: (options) => startSocketProcess(BUN, options),
});
