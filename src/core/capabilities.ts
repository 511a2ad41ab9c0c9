/** What a runtime can do for an edge, as its file in `workers/` declares it. Shown by `portolan edge --capabilities`. */

export interface RuntimeCapabilities {
  /** As people name the runtime: `Deno`, `Cloudflare Workers`. */
  readonly runtime: string;
  /** Source file that declares it, relative to the project. */
  readonly file: string;
  /** Whether a try that failed can be proven not to have sent a byte: then any method moves on. */
  readonly provesUnsent: boolean;
  /** Which Host an origin can be shown while the connection goes elsewhere. */
  readonly hostOverride: "any" | "same-zone" | "none";
  /** Whether the target arrives as the client wrote it, or as the platform rewrote it first. */
  readonly rawTarget: boolean;
  /** Whether the next candidate is tried within the same request, or only by a failover of the platform. */
  readonly retry: "in-request" | "platform";
  /** Whether the body of a request is passed on while it arrives. */
  readonly streamsRequestBody: boolean;
  /** From where the client's place is known. */
  readonly clientPlace: string;
  /** Where it writes what it serves and how it finds the origins, for `portolan rollout status`; null where it cannot. */
  readonly reports: string | null;
  /** Outgoing requests that may be open at once for one request; null without a limit. */
  readonly concurrentFetches: number | null;
}
