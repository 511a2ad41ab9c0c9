import type { RouteAsks } from "./model.ts";

/** Nothing asked. */
export const ASKS_NOTHING: RouteAsks = { maxBodyBytes: null, httpsOnly: false };

/** Both hold: the smaller size, and https when one of them wants it. */
export function bothAsk(a: RouteAsks, b: RouteAsks): RouteAsks {
  const sizes = [a.maxBodyBytes, b.maxBodyBytes].filter((one) => one !== null);
  return { maxBodyBytes: sizes.length === 0 ? null : Math.min(...sizes), httpsOnly: a.httpsOnly || b.httpsOnly };
}
