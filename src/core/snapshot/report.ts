import type { EdgeReport } from "../health/model.ts";
import { canonicalJson } from "./canonical.ts";
import { parse } from "./guard.ts";
import { readReport } from "./health-shapes.ts";

/** An edge's report as stored under the key `reports/<edge>`. */
export function reportText(report: EdgeReport): string {
  return canonicalJson(report);
}

/** The way back; total. */
export function parseReport(
  json: string,
): { readonly ok: true; readonly report: EdgeReport } | { readonly ok: false; readonly problem: string } {
  const parsed = parse(readReport, json);
  return parsed.ok ? { ok: true, report: parsed.value } : parsed;
}
