/** What every request of an engine shares. */
import type { AdmitDeps } from "../admit.ts";
import type { AttemptDeps } from "../attempts.ts";
import type { RequestEvent } from "../event.ts";
import type { Sweep } from "./sweep.ts";
import type { UpstreamPool } from "./upstream-pool.ts";

export interface Engine extends Omit<AdmitDeps, "identify">, AttemptDeps {
  readonly identify: AdmitDeps["identify"];
  readonly pool: UpstreamPool;
  readonly sweep: Sweep;
  readonly debugToken: string | null;
  /** The value of a Date field. */
  readonly date: () => string;
  /** Once per request, when its head has been answered. */
  readonly onEvent: (event: RequestEvent) => void;
}
