/** What every request of an engine shares. */
import type { RequestRules } from "../rules.ts";
import type { DialOptions } from "./dial.ts";
import { knownClients } from "./known-clients.ts";
import { Sweep } from "./sweep.ts";
import { UpstreamPool } from "./upstream-pool.ts";
import { httpDates } from "./wire.ts";

export interface Engine extends RequestRules {
  readonly pool: UpstreamPool;
  readonly sweep: Sweep;
  /** Where plain requests are sent to; null answers them as they are. */
  readonly httpsPort: number | null;
  /** The value of a Date field. */
  readonly date: () => string;
}

export interface EngineOptions extends DialOptions, Pick<Engine, "httpsPort"> {}

/** Connections to one origin: enough for any load that one process can carry. */
const MAX_PER_ORIGIN = 1024;
/** Below the 5 s after which Node's servers close, so that we close first. */
const IDLE_MS = 4000;

/** An engine with its pool; close the pool when its servers are closed. */
export function http1Engine(rules: RequestRules, options: EngineOptions): Engine {
  const sweep = new Sweep();
  const pool = new UpstreamPool({ ...options, maxPerOrigin: MAX_PER_ORIGIN, idleMs: IDLE_MS }, sweep);
  const identify = knownClients(rules.identify, sweep);
  return { ...rules, identify, pool, sweep, httpsPort: options.httpsPort, date: httpDates(rules.now) };
}
