/** What every request of an engine shares. */
import type { Origin } from "../../core/model.ts";
import type { RequestRules } from "../rules.ts";
import { ENGINE_LIMITS, type EngineLimits } from "./client-limits.ts";
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
  readonly limits: EngineLimits;
  readonly pins: SocketPins;
  /** The value of a Date field. */
  readonly date: () => string;
}

export interface EngineOptions extends Omit<DialOptions, "names">, Pick<Engine, "sign"> {
  /** Where addresses of origins come from. */
  readonly names: NameSource;
  /** Where plain requests are sent to; null answers them as they are. */
  readonly httpsPort: number | null;
  /** What is left out is as `ENGINE_LIMITS` has it. */
  readonly limits?: Partial<EngineLimits>;
}

/** Below the 5 s after which Node's servers close, so that we close first. */
const IDLE_MS = 4000;

/** An engine with its pool; close the pool when its servers are closed. */
export function http1Engine(rules: RequestRules, options: EngineOptions): Engine {
  const { httpsPort, sign } = options;
  const sweep = new Sweep();
  const names = new NameCache(options.names, () => sweep.nowMs);
  const pool = new UpstreamPool({ ...options, names, idleMs: IDLE_MS }, sweep);
  const pins = socketPins(rules.pinKeys, rules.now);
  const front = edgeFront({ ...rules, identify: knownClients(rules.identify, sweep) }, pins, httpsPort);
  const limits = { ...ENGINE_LIMITS, ...options.limits };
  const originLoad = (origin: Origin) => pool.load(origin);
  return { ...rules, originLoad, front, pins, sign, pool, sweep, limits, date: httpDates(rules.now) };
}
