import type { ClientLocation } from "../core/decision.ts";

/**
 * A database of places by address. `locate` is synchronous, never throws, and answers null when it knows nothing.
 * The address is canonical text (`core/address/ip.ts`). `close` stops watching for new versions of the data.
 */
export interface Locator {
  readonly name: string;
  /** Build time of the data in ms since the epoch; null when unknown. */
  readonly builtAtMs: number | null;
  locate(address: string): ClientLocation | null;
  /** Bits of the network around the address that all of the data says the same about; null when unknown. Never throws. */
  prefixLength(address: string): number | null;
  close(): void;
}
