/** The edge for Fastly, and a path that shows what it wrote about itself: Viceroy keeps its KV Store to itself. */
export { shown } from "./fastly-reports-shown.ts";
export * from "../../workers/fastly.ts";
