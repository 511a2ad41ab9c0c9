/** The edge on Node: `node workers/node.ts`. */
import process from "node:process";
import { runSocketEdge } from "./socket-edge.ts";

await runSocketEdge(process.env);
