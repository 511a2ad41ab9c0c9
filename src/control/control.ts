/** The control function as a daemon: reconciles on every change, and at an interval to keep the overlay fresh. */
import type { HealthEvent } from "../core/health/model.ts";
import type { StandingLease } from "./lease.ts";
import type { ObjectReader } from "../kube/reader.ts";
import {
  type ControlDeps,
  type ControlOptions,
  newControlState,
  reconcile,
  type ReconcileResult,
} from "./reconcile.ts";

export interface ControlRunOptions extends ControlOptions {
  /** Changes that arrive together are reconciled together. */
  readonly debounceMs: number;
  /** Upper bound of the age of the overlay, in ms. */
  readonly intervalMs: number;
  /** Left out: works whatever others do. With it only its holder works; the others watch and wait. */
  readonly lease?: StandingLease;
  readonly onResult: (result: ReconcileResult, durationMs: number) => void;
  readonly onError: (error: unknown) => void;
}

export interface RunningControl {
  /** The last result, null before the first. */
  last(): ReconcileResult | null;
  /** Whether another control function holds the lease. */
  isStandby(): boolean;
  /** Asks for a reconcile soon, as after a reader was added. */
  trigger(): void;
  /** Puts an event into the next overlay. */
  note(event: HealthEvent): void;
  /** Watches one more reader. */
  watch(reader: ObjectReader): void;
  /** Waits for the reconcile under way and ends. */
  close(): Promise<void>;
}

/** How often one that waits looks whether the lease is free. */
const STANDBY_MS = 1_000;

/** Starts the loop; resolves after the first reconcile. Readers must have been started. */
export async function runControl(deps: ControlDeps, options: ControlRunOptions): Promise<RunningControl> {
  const state = newControlState(deps.store);
  let last: ReconcileResult | null = null;
  let running: Promise<void> | null = null;
  let again = false;
  let closed = false;
  let isStandby = false;
  let timer: NodeJS.Timeout | null = null;

  const once = async () => {
    const startedMs = performance.now();
    try {
      isStandby = (await options.lease?.isOurs()) === false;
      if (isStandby) return;
      last = await reconcile(deps, state, options);
      // Another writer was faster: its result is the base of ours.
      if (last.outcome === "lost-race") again = true;
      options.onResult(last, performance.now() - startedMs);
    } catch (error) {
      options.onError(error);
    }
  };
  const loop = async () => {
    do {
      again = false;
      await once();
      if (closed) return;
    } while (again);
    running = null;
    schedule(isStandby ? Math.min(STANDBY_MS, options.intervalMs) : options.intervalMs);
  };
  const start = () => {
    timer = null;
    if (running === null && !closed) running = loop();
  };
  const schedule = (delayMs: number) => {
    if (closed) return;
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(start, delayMs);
  };
  const trigger = () => {
    if (running === null) schedule(options.debounceMs);
    else again = true;
  };

  for (const reader of [deps.config, ...deps.clusters()]) reader.onChange(trigger);
  running = loop();
  await running;
  return {
    last: () => last,
    isStandby: () => isStandby,
    trigger,
    note: (event) => void state.events.push(event),
    watch: (reader) => reader.onChange(trigger),
    async close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      await running;
      // What another one has written since is newer.
      if (isStandby) return;
      await state.remembered.flush().catch(options.onError);
      await options.lease?.release().catch(options.onError);
    },
  };
}
