/**
 * A DNS provider: three functions over the zones that its credentials reach. The plan decides what is to be done
 * (`core/dns/plan.ts`); a provider only carries it out, as exactly as its far side allows, and says so.
 */
import type { DnsCapabilities, DnsChange, RecordSet, Zone } from "../core/dns/records.ts";

export interface DnsProvider {
  /** For messages: `route53`, `rfc2136 ns1.example.org:53`. */
  readonly name: string;
  /** What the far side can hold; constant for the life of the provider. */
  readonly capabilities: DnsCapabilities;
  /** Zones that may be written, sorted by name, visibility and id. Rejects when they cannot be listed completely. */
  zones(): Promise<readonly Zone[]>;
  /**
   * Every set of the zone, foreign ones and the apex's own NS and SOA among them, in canonical form, sorted by
   * `recordKey`. Complete or rejected: half a list would look like deletions (a plan against it would create what is
   * there and forget what it owns). Sees whatever an earlier `apply` of this process reported as applied.
   */
  list(zone: Zone): Promise<readonly RecordSet[]>;
  /**
   * Carries out changes; the n-th outcome belongs to the n-th change. Never rejects for what the far side does: that is
   * an outcome.
   *
   * *Order*: as given, as far as batches go; a change whose batch was refused may come after later ones, because one
   * refused change never holds up the rest.
   * *Atomicity*: `capabilities.atomicity`. With `record-set`, values and sets are added before others are removed.
   * *Fence*: with `exact`, the far side itself compares `before` and swaps, so that of two writers with the same
   * `before` one is overtaken. With `unfenced`, `before` is compared with what was read just before the write, and a
   * writer in between is overwritten.
   * *Called twice*: what already stands as `after` says counts as applied and is not written again, so that a change
   * whose answer was lost may simply be sent again.
   * *After an outcome other than applied*: nothing of the change is in force for `overtaken` and `refused` (with
   * `record-set`: sets of the change that were written before the refused one stay); for `failed` nobody knows, and the
   * next `list` tells.
   *
   * Two calls for one zone at once are safe but slow; providers queue them where the far side would refuse (Route 53).
   */
  apply(zone: Zone, changes: readonly DnsChange[]): Promise<readonly ChangeOutcome[]>;
}

export type ChangeOutcome =
  /** In force: acknowledged by the far side, or read back. */
  | { readonly status: "applied" }
  /** The condition of the change did not hold; somebody else wrote. Plan again. */
  | { readonly status: "overtaken"; readonly message: string }
  /** The far side will never take it as it is. */
  | { readonly status: "refused"; readonly message: string }
  /** Throttled or unreachable for longer than we are patient. Plan again later. */
  | { readonly status: "failed"; readonly message: string };

/** The one outcome that needs no words. */
export const APPLIED: ChangeOutcome = { status: "applied" };
