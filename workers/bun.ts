/** The edge on Bun: `bun run workers/bun.ts`. */
import process from "node:process";
import { runSocketEdge } from "./socket-edge.ts";

await runSocketEdge(process.env);
