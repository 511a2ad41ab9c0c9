import type { HealthEvent } from "./model.ts";

/** As many as fit in a report; the older ones were reported before. */
export const MAX_EVENTS = 200;

/** Appends to a ring, oldest first. */
export function addEvent(ring: HealthEvent[], event: HealthEvent): void {
  ring.push(event);
  if (ring.length > MAX_EVENTS) ring.splice(0, ring.length - MAX_EVENTS);
}

/** One list of several rings, oldest first, without what is there twice; at most `max`, the newest. */
export function mergeEvents(rings: readonly (readonly HealthEvent[])[], max: number): readonly HealthEvent[] {
  const byKey = new Map<string, HealthEvent>();
  for (const event of rings.flat()) byKey.set(`${event.atMs}|${event.by}|${event.what}|${event.subject}`, event);
  const sorted = [...byKey].sort(([a, one], [b, other]) => one.atMs - other.atMs || (a < b ? -1 : 1));
  return sorted.slice(-max).map(([, event]) => event);
}
