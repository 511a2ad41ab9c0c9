/** What every request of one edge shares, whichever runtime carries it out. */
import type { AdmitDeps } from "./admit.ts";
import type { AttemptDeps } from "./attempts.ts";
import type { RequestEvent } from "./event.ts";
import type { PinKeys } from "./pin.ts";

export interface RequestRules extends AdmitDeps, AttemptDeps {
  /** Null where nobody gave any: cookie affinity then falls back to the client's address. */
  readonly pinKeys: PinKeys | null;
  /** Callers who know it are shown the decision; null for nobody. */
  readonly debugToken: string | null;
  /** Once per request, when its head has been answered. */
  readonly onEvent: (event: RequestEvent) => void;
}
