/** Joins the parts of an isolate's edge once. Apart from what serves each request, which is parsed before (ADR 9). */
import { requestCount } from "../src/edge/metrics.ts";
import { platformClient } from "../src/edge/platform-client.ts";
import type { RequestRules } from "../src/edge/rules.ts";
import { servingEdge } from "../src/edge/serving.ts";
import type { IsolateStart } from "./isolate-start.ts";
import { type LoadedPlaces, placesOnDemand } from "./loaded-places.ts";

/** Whatever lets work go on after the answer; called by the platform's own name. */
export interface Background {
  waitUntil(promise: Promise<unknown>): void;
}

export interface BuiltEdge extends Pick<IsolateStart, "settings"> {
  readonly rules: RequestRules;
  readonly places: LoadedPlaces;
  /** Reads the store once, or what came with the edge. */
  coldStart(): Promise<void>;
  /** To be called at each request: begins what is due beside it, such as reading the store again. */
  tend(background: Background): void;
}

/** Without a snapshot the store is asked again this soon. */
const EMPTY_RETRY_MS = 1000;

/** An edge before its first snapshot. `debugToken` is null where an answer cannot be added to. */
export function buildEdge(started: IsolateStart, name: string, debugToken: string | null): BuiltEdge {
  const { settings, bundled, noteChoice, toHttps, follow } = started;
  const places = placesOnDemand();
  const telemetry = started.telemetry?.(name) ?? null;
  const { rules, follow: edge } = servingEdge(
    { name, location: settings.location, debugToken },
    {
      identify: (asked, overrides) => platformClient(asked, overrides, places),
      places,
      toHttps,
      pinKeys: null,
      noteChoice,
      onAnswer: null,
      metrics: telemetry?.metrics ?? requestCount,
      ...(telemetry === null ? {} : { onRequest: telemetry.onRequest }),
      now: Date.now,
      random: Math.random,
      accessLog: console.log,
      log: console.warn,
    },
  );
  const follower = follow(edge, places);
  let nextRefreshMs = Date.now() + EMPTY_RETRY_MS;
  return {
    settings,
    rules,
    places,
    coldStart: () => follower.coldStart(bundled),
    tend(background) {
      const sending = telemetry?.sendSoon() ?? null;
      if (sending !== null) background.waitUntil(sending);
      if (Date.now() < nextRefreshMs) return;
      nextRefreshMs = Date.now() + settings.pollIntervalMs;
      background.waitUntil(follower.refresh());
    },
  };
}
