/** What every request of an engine shares. */
import type { RequestRules } from "../rules.ts";
import type { DialOptions } from "./dial.ts";
import { NameCache, type NameSource } from "./name-cache.ts";
import { edgeFront, type Front } from "./front.ts";
import { type SocketPins, socketPins } from "./pins.ts";
import { knownClients } from "./known-clients.ts";
import type { SignHop } from "./signed-hop.ts";
import { Sweep } from "./sweep.ts";
import { UpstreamPool } from "./upstream-pool.ts";
import { httpDates } from "./wire.ts";

export interface Engine extends RequestRules {
  readonly front: Front;
  /** Signs requests to origins that want it; null without a key. */
  readonly sign: SignHop | null;
  readonly pool: UpstreamPool;
  readonly sweep: Sweep;
  readonly pins: SocketPins;
  /** The value of a Date field. */
  readonly date: () => string;
}

export interface EngineOptions extends Omit<DialOptions, "names">, Pick<Engine, "sign"> {
  /** Where addresses of origins come from. */
  readonly names: NameSource;
  /** Where plain requests are sent to; null answers them as they are. */
  readonly httpsPort: number | null;
}

/** Connections to one origin: enough for any load that one process can carry. */
const MAX_PER_ORIGIN = 1024;
/** Below the 5 s after which Node's servers close, so that we close first. */
const IDLE_MS = 4000;

/** An engine with its pool; close the pool when its servers are closed. */
export function http1Engine(rules: RequestRules, options: EngineOptions): Engine {
  const { httpsPort, sign } = options;
  const sweep = new Sweep();
  const names = new NameCache(options.names, () => sweep.nowMs);
  const pool = new UpstreamPool({ ...options, names, maxPerOrigin: MAX_PER_ORIGIN, idleMs: IDLE_MS }, sweep);
  const pins = socketPins(rules.pinKeys, rules.now);
  const front = edgeFront({ ...rules, identify: knownClients(rules.identify, sweep) }, pins, httpsPort);
  return { ...rules, front, pins, sign, pool, sweep, date: httpDates(rules.now) };
}
