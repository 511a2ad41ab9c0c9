/** A host at an edge's platform, and how far it is. */

export interface AttachedHost {
  /** Lower case, without a final dot; a wildcard as `*.example.org`. */
  readonly host: string;
  readonly state: HostState;
}

export type HostState =
  /** Answers, with a certificate that browsers take. */
  | { readonly status: "serving" }
  /** Waits for what `message` says, which may be these records. */
  | { readonly status: "waiting"; readonly message: string; readonly needs: readonly NeededRecord[] }
  /** The platform has given up; attach it again after `message` has been seen to. */
  | { readonly status: "stuck"; readonly message: string };

/** A record that proves the host to the platform or to its certificate authority. */
export interface NeededRecord {
  readonly name: string;
  readonly type: "TXT" | "CNAME";
  readonly value: string;
}
