/** The edge for Fastly, and a path that shows what it wrote about itself: Viceroy keeps its KV Store to itself. */
import "./fastly-reports-shown.ts";
import "../../workers/fastly.ts";
