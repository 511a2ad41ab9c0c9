/** Joins the parts of an isolate's edge once. Apart from what serves each request, which is parsed before (ADR 9). */
import type { Follower } from "../src/edge/follow.ts";
import { requestCount } from "../src/edge/metrics.ts";
import { platformClient } from "../src/edge/platform-client.ts";
import type { RequestRules } from "../src/edge/rules.ts";
import { servingEdge } from "../src/edge/serving.ts";
import type { IsolateStart } from "./isolate-start.ts";
import { type LoadedPlaces, placesOnDemand } from "./loaded-places.ts";

export interface BuiltEdge extends Pick<IsolateStart, "settings" | "bundled"> {
  readonly rules: RequestRules;
  readonly places: LoadedPlaces;
  readonly follower: Follower;
  /** When the store is to be read next; whoever serves keeps it. */
  nextRefreshMs: number;
}

/** Without a snapshot the store is asked again this soon. */
const EMPTY_RETRY_MS = 1000;

/** An edge before its first snapshot. `debugToken` is null where an answer cannot be added to. */
export function buildEdge(started: IsolateStart, name: string, debugToken: string | null): BuiltEdge {
  const { settings, bundled, noteChoice, toHttps, follow } = started;
  const places = placesOnDemand();
  const { rules, follow: edge } = servingEdge(
    { name, location: settings.location, debugToken },
    {
      identify: (asked, overrides) => platformClient(asked, overrides, places),
      places,
      toHttps,
      pinKeys: null,
      noteChoice,
      onAnswer: null,
      metrics: requestCount,
      now: Date.now,
      random: Math.random,
      accessLog: console.log,
      log: console.warn,
    },
  );
  const nextRefreshMs = Date.now() + EMPTY_RETRY_MS;
  return { settings, bundled, rules, places, follower: follow(edge, places), nextRefreshMs };
}
