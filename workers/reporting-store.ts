/** A store that an edge reads over HTTP, and tells about itself where it has a token for that. */
import { httpReader } from "../src/store/http-reader.ts";
import { httpStore } from "../src/store/http.ts";
import { textStore } from "../src/store/text.ts";
import type { EdgeStore } from "./node-edge.ts";

/** An edge tells about itself so often, not at each change. */
const REPORT_MS = 2000;

/** `token` is asked for each report; null for an edge that reads only. */
export function reportingStore(url: string, token: (() => string | Promise<string>) | null): EdgeStore {
  const get = httpReader(url);
  if (token === null) return { get, report: null };
  const text = textStore(httpStore(url, { token }));
  let nextMs = 0;
  return {
    get,
    async report(edge, report) {
      if (Date.now() < nextMs) return;
      nextMs = Date.now() + REPORT_MS;
      await text.put(`reports/${edge}`, report, "any");
    },
  };
}
