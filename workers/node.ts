/** The edge on Node: `node workers/node.ts`. */
import process from "node:process";
import type { EdgeCapabilities } from "../src/edge/capabilities.ts";
import { SOCKET_CAPABILITIES } from "./socket-capabilities.ts";
import { runSocketEdge } from "./socket-edge.ts";

export const capabilities: EdgeCapabilities = { ...SOCKET_CAPABILITIES, runtime: "Node", file: "workers/node.ts" };

if (import.meta.main) await runSocketEdge(process.env);
