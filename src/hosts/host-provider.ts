/**
 * Hosts at an edge platform. Terraform owns the edge; a host that appears in an Ingress later is attached here, gets its
 * certificate, and only then may DNS point at the edge (`core/hosts/may-move.ts`).
 */
import type { AttachedHost } from "../core/hosts/attached.ts";

export interface HostProvider {
  /** For messages: `cloudflare custom hostnames`. */
  readonly name: string;
  /** What hosts that are attached here point at. */
  readonly target: string;
  /** Every host that is attached, by whomever, sorted. Complete or rejected: half a list would look like detached hosts. */
  list(): Promise<readonly AttachedHost[]>;
  /**
   * Attaches one host and begins its certificate. Called twice, also by two at once, it is attached once. Never rejects
   * for what the platform does: that is an outcome. After `failed` nobody knows; the next `list` tells.
   */
  attach(host: string): Promise<HostOutcome>;
  /** Detaches one host; done when it was not attached. Its certificate goes with it, so DNS has to have moved away. */
  detach(host: string): Promise<HostOutcome>;
}

export type HostOutcome =
  | { readonly status: "done" }
  /** The platform will never take it as it is. */
  | { readonly status: "refused"; readonly message: string }
  /** Throttled or unreachable for longer than we are patient. */
  | { readonly status: "failed"; readonly message: string };
