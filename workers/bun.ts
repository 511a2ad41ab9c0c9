/** The edge on Bun: `bun run workers/bun.ts`. */
import process from "node:process";
import type { EdgeCapabilities } from "../src/edge/capabilities.ts";
import { SOCKET_CAPABILITIES } from "./socket-capabilities.ts";
import { runSocketEdge } from "./socket-edge.ts";

export const capabilities: EdgeCapabilities = { ...SOCKET_CAPABILITIES, runtime: "Bun", file: "workers/bun.ts" };

if (import.meta.main) await runSocketEdge(process.env);
