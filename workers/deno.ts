/** The edge on Deno: `deno run --allow-net --allow-env --allow-read --allow-sys workers/deno.ts`. */
import process from "node:process";
import { runSocketEdge } from "./socket-edge.ts";

await runSocketEdge(process.env);
