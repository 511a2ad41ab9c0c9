/** One round of keeping an edge's hosts in step with the Ingresses: attach what is new, detach what we attached and nobody wants. */
import { compareText } from "../core/match-route.ts";
import type { AttachedHost, HostOutcome, HostProvider } from "./host-provider.ts";
import { isCovered } from "./may-move.ts";

export interface HostsWanted {
  /** Hosts of all routes. */
  readonly wanted: readonly string[];
  /** Hosts that Terraform declared at this edge. */
  readonly declared: readonly string[];
  /** What earlier rounds attached: nobody else's host is ever detached. */
  readonly ours: ReadonlySet<string>;
  /** Hosts whose DNS still points at the edge; they keep their certificate until it has moved away. */
  readonly pointed: ReadonlySet<string>;
}

export interface HostsRound {
  readonly attached: readonly AttachedHost[];
  /** To be remembered for the next round, whatever became of this one. */
  readonly ours: ReadonlySet<string>;
  readonly problems: readonly { readonly host: string; readonly message: string }[];
}

/** Rejects when the platform cannot be listed; a host that it refuses never stops the others. */
export async function attachHosts(
  provider: HostProvider,
  { wanted, declared, ours, pointed }: HostsWanted,
): Promise<HostsRound> {
  const before = new Map((await provider.list()).map((one) => [one.host, one]));
  const missing = [...new Set(wanted)]
    .filter((host) => !isCovered(host, declared) && !before.has(host))
    .sort(compareText);
  const unwanted = [...ours].filter((host) => !wanted.includes(host) && !pointed.has(host)).sort(compareText);
  const kept = new Set(ours);
  const problems: { readonly host: string; readonly message: string }[] = [];
  const note = (host: string, outcome: HostOutcome): boolean => {
    if (outcome.status !== "done") problems.push({ host, message: outcome.message });
    return outcome.status === "done";
  };
  for (const host of missing) {
    const outcome = await provider.attach(host);
    note(host, outcome);
    // A lost answer may have been a yes: what may be ours is remembered as ours.
    if (outcome.status !== "refused") kept.add(host);
  }
  for (const host of unwanted) {
    if (!before.has(host) || note(host, await provider.detach(host))) kept.delete(host);
  }
  const changed = missing.length > 0 || unwanted.length > 0;
  return { attached: changed ? await provider.list() : [...before.values()], ours: kept, problems };
}
