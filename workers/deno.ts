/** The edge on Deno: `deno run --allow-net --allow-env --allow-read workers/deno.ts`. */
import process from "node:process";
import { SOCKET_CAPABILITIES } from "./socket-capabilities.ts";
import { runSocketEdge } from "./socket-edge.ts";
import type { EdgeCapabilities } from "../src/edge/capabilities.ts";

export const capabilities: EdgeCapabilities = { ...SOCKET_CAPABILITIES, runtime: "Deno", file: "workers/deno.ts" };

if (import.meta.main) await runSocketEdge(process.env);
