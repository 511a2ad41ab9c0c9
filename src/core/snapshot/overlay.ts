import type { HealthOverlay } from "../health/model.ts";
import { canonicalJson } from "./canonical.ts";
import { parse } from "./guard.ts";
import { readOverlay } from "./health-shapes.ts";

/** The overlay as stored under the key `overlay`. */
export function overlayText(overlay: HealthOverlay): string {
  return canonicalJson(overlay);
}

/** The way back; total. */
export function parseOverlay(
  json: string,
): { readonly ok: true; readonly overlay: HealthOverlay } | { readonly ok: false; readonly problem: string } {
  const parsed = parse(readOverlay, json);
  return parsed.ok ? { ok: true, overlay: parsed.value } : parsed;
}
