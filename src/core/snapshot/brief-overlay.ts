/** As much of a HealthOverlay as an edge may read for each request. What is left out counts as unknown: available. */
import type { BackendHealth, HealthOverlay } from "../health/model.ts";
import { packCounts, partialCounts } from "./backend-counts.ts";
import { overlayText } from "./overlay.ts";
import { LIMITS } from "./shapes.ts";

/** The overlay for edges that read the whole snapshot: all of it, unless that is more than may be parsed at once. */
export function boundedOverlay(overlay: HealthOverlay, characters: number = LIMITS.sliceCharacters): string {
  const text = overlayText(overlay);
  return text.length <= characters ? text : briefOverlay(overlay, characters);
}

/** The fullest text of at most so many characters: first goes what is good, then how good it is, then what is bad. */
export function briefOverlay(overlay: HealthOverlay, characters: number): string {
  const whole: HealthOverlay = { ...overlay, events: [] };
  const text = overlayText(whole);
  if (text.length <= characters) return text;
  // One whose endpoints are all ready is decided about as one that is not named.
  const counts = partialCounts(overlay.backends);
  const bad = { ...whole, ...downs(overlay), clusters: [] };
  const partial = packCounts(counts);
  const lean = [
    { ...whole, backends: partial },
    { ...bad, backends: partial },
    { ...bad, backends: packCounts(counts.filter(isOut)), roundTrips: [] },
    { ...bad, backends: packCounts(counts.filter(isOut)), roundTrips: [], offered: [] },
  ];
  return lean.map(overlayText).find((one) => one.length <= characters) ?? cut(lean[3] ?? bad, counts, characters);
}

function downs({ origins, verdicts }: HealthOverlay): Pick<HealthOverlay, "origins" | "verdicts"> {
  const isDown = ({ verdict }: { readonly verdict: string }) => verdict === "down";
  return { origins: origins.filter(isDown), verdicts: verdicts.filter(isDown) };
}

function isOut({ ready }: BackendHealth): boolean {
  return ready === 0;
}

/** Half of each list again and again: an edge that sends a request to what is down finds out and moves on. */
function cut(overlay: HealthOverlay, counts: readonly BackendHealth[], characters: number): string {
  const out = counts.filter(isOut);
  for (let share = 2; ; share *= 2) {
    const few = <T>(list: readonly T[]): readonly T[] => list.slice(0, Math.floor(list.length / share));
    const { origins, verdicts } = overlay;
    const less = { ...overlay, origins: few(origins), verdicts: few(verdicts), backends: packCounts(few(out)) };
    const text = overlayText(less);
    if (text.length <= characters || share > 2 ** 31) return text;
  }
}
