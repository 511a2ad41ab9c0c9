/**
 * The snapshot in parts, for edges that live for one request: whoever serves a host reads what is about that host and
 * nothing else. Each part is signed and verifies alone; it carries the generation in which it changed last, so that a
 * change of one host writes one part (ADR 18).
 *
 * | key | holds |
 * | --- | --- |
 * | `parts/<SHA-256 of the host>` | a host or a wildcard, the clusters that serve it, and client networks |
 * | `parts/rest` | which hosts are found by neither their own name nor the wildcard above it: deep ones and `*` |
 * | `parts/overlay` | as much of the HealthOverlay as one part may hold (`brief-overlay.ts`), not signed |
 */
import type { Cluster, HostRoutes, LocationOverride } from "../model.ts";
import { list, type Read, record, text } from "./guard.ts";
import { type Signed, SIGNED_FIELDS } from "./manifest.ts";
import { LIMITS, readBase, readHostRoutes } from "./shapes.ts";

/** What a part should fit into: an edge reads at most three of them for a request. */
export const PART_CHARACTERS = 32_768;
/** More than this is not parsed for a request: it would take longer than 5 ms. */
export const LARGEST_PART_CHARACTERS = 393_216;

/** The part that is always there, and so tells an empty store from an unknown host. */
export const REST = "~rest";
export const REST_KEY = "parts/rest";
export const PART_OVERLAY_KEY = "parts/overlay";

/** Where the part of a host is kept; `hash` is the SHA-256 of its name. */
export function partKey(hash: string): string {
  return `parts/${hash}`;
}

/** What a signed part says. */
export interface Part extends Signed {
  /** The host, or REST, which no host can be called: a part is believed under its own name alone. */
  readonly name: string;
  readonly clusters: readonly Cluster[];
  readonly locationOverrides: readonly LocationOverride[];
  /** One host, or none in the rest. */
  readonly hosts: readonly HostRoutes[];
  /** In the rest: hosts that have a part but are not looked for by name. */
  readonly deep: readonly string[];
}

export const readPart: Read<Part> = record<Part>({
  ...SIGNED_FIELDS,
  name: text(253),
  clusters: (value) => readBase({ clusters: value, reservations: [], locationOverrides: [] }, "").clusters,
  locationOverrides: (value) =>
    readBase({ clusters: [], reservations: [], locationOverrides: value }, "").locationOverrides,
  hosts: list(readHostRoutes, 1),
  deep: list(text(253), LIMITS.hosts),
});
