/** Joins the parts of an isolate's edge once. Apart from what serves each request, which is parsed before (ADR 9). */
import type { Follower } from "../src/edge/follow.ts";
import type { EdgeRequestHead } from "../src/edge/message.ts";
import { type EdgeMetrics, requestCount } from "../src/edge/metrics.ts";
import { platformClient } from "../src/edge/platform-client.ts";
import type { RequestRules } from "../src/edge/rules.ts";
import { servingEdge } from "../src/edge/serving.ts";
import type { EdgeState } from "../src/edge/state.ts";
import type { IsolateStart } from "./isolate-start.ts";
import { needsCountry, placesOnDemand } from "./loaded-places.ts";

/** Whatever lets work go on after the answer; called by the platform's own name. */
export interface Background {
  waitUntil(promise: Promise<unknown>): void;
}

export interface BuiltEdge extends Pick<IsolateStart, "settings"> {
  /** What serves this request, once there is a snapshot; begins what is due beside it. */
  ready(asked: Pick<EdgeRequestHead, "host" | "runtimeLocation">, background: Background): Promise<RequestRules>;
}

/** Without a snapshot the store is asked again this soon. */
const EMPTY_RETRY_MS = 1000;
/** Hosts whose parts an isolate keeps: the others are read again when they are asked for. */
const KEPT_HOSTS = 200;

interface Serving {
  readonly rules: RequestRules;
  readonly follower: Follower;
  nextRefreshMs: number;
}

/** An edge before its first snapshot. `debugToken` is null where an answer cannot be added to. */
export function buildEdge(started: IsolateStart, name: string, debugToken: string | null): BuiltEdge {
  const { settings, bundled, noteChoice, toHttps, follow } = started;
  const places = placesOnDemand();
  const telemetry = started.telemetry?.(name) ?? null;

  let counted: EdgeMetrics | null = null;
  /** One count for the isolate, however many hosts it keeps apart. */
  const metrics = (state: EdgeState): EdgeMetrics => {
    counted ??= telemetry === null ? requestCount() : telemetry.metrics(state);
    return counted;
  };
  const build = (authority: string): Serving => {
    const { rules, follow: edge } = servingEdge(
      { name, location: settings.location, debugToken },
      {
        identify: (asked, overrides) => platformClient(asked, overrides, places),
        places,
        toHttps,
        pinKeys: null,
        noteChoice,
        onAnswer: null,
        metrics,
        ...(telemetry === null ? {} : { onRequest: telemetry.onRequest }),
        now: Date.now,
        random: Math.random,
        accessLog: console.log,
        log: console.warn,
      },
    );
    return { rules, follower: follow(edge, places, authority), nextRefreshMs: Date.now() + EMPTY_RETRY_MS };
  };
  /** One for all hosts, or one for each where parts are read: nothing of one request may change under another's. */
  const serving = new Map<string, Serving>();

  return {
    settings,
    async ready({ host, runtimeLocation }, background) {
      const key = settings.parts ? host : "";
      const current = serving.get(key) ?? build(host);
      // Asked for last is kept longest.
      serving.delete(key);
      serving.set(key, current);
      if (serving.size > KEPT_HOSTS) serving.delete(serving.keys().next().value ?? "");
      if (current.rules.state.serving === null) await current.follower.coldStart(bundled);
      if (Date.now() >= current.nextRefreshMs) {
        current.nextRefreshMs = Date.now() + settings.pollIntervalMs;
        background.waitUntil(current.follower.refresh());
      }
      if (needsCountry(runtimeLocation)) await places.load();
      const sending = telemetry?.sendSoon() ?? null;
      if (sending !== null) background.waitUntil(sending);
      return current.rules;
    },
  };
}
