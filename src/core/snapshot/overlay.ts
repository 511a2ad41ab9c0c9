import type { HealthOverlay } from "../health/model.ts";
import { canonicalJson } from "./canonical.ts";
import { parse } from "./guard.ts";
import { readOverlay } from "./health-shapes.ts";

/** The overlay as stored under the key `overlay`. */
export function overlayText(overlay: HealthOverlay): string {
  const { backends, ...rest } = overlay;
  // Half a million counts in a few long texts: written as they are, in the order that a canonical writer gives them.
  const clusters = backends.clusters.map(({ cluster, counts }) => ({ cluster, counts }));
  return `{"backends":${JSON.stringify({ clusters, services: backends.services })},${canonicalJson(rest).slice(1)}`;
}

/** The way back; total. */
export function parseOverlay(
  json: string,
): { readonly ok: true; readonly overlay: HealthOverlay } | { readonly ok: false; readonly problem: string } {
  const parsed = parse(readOverlay, json);
  return parsed.ok ? { ok: true, overlay: parsed.value } : parsed;
}
