/**
 * What is to be attached to an edge's platform and detached from it, and what has to be remembered before either.
 *
 * | the host is                                         | then                                            |
 * |-----------------------------------------------------|-------------------------------------------------|
 * | wanted, neither declared nor attached               | attached, and remembered as ours                |
 * | ours, no longer wanted, and nobody saw why          | kept (DESIGN.md rule 4)                         |
 * | ours, no longer wanted, a zone still points at it   | kept, with its certificate                      |
 * | ours, neither wanted nor pointed at for `graceMs`   | detached: no resolver remembers it              |
 * | not ours                                            | never detached                                  |
 */
import { isCovered } from "../host-pattern.ts";
import { compareText } from "../match-route.ts";
import type { AttachedHost } from "./attached.ts";

/** What outlives the process; sorted, so that equal memories have equal text. */
export interface HostMemory {
  readonly format: 1;
  /** Hosts that we attached, or were about to. */
  readonly ours: readonly OurHost[];
  /** Attached hosts that were seen serving. */
  readonly served: readonly string[];
}

export interface OurHost {
  readonly host: string;
  /** Since when nobody wants it and nothing points at it; null while somebody does. */
  readonly freeSinceMs: number | null;
}

export const NO_HOSTS: HostMemory = { format: 1, ours: [], served: [] };

export interface HostsInput {
  /** Everything that is attached, completely listed. */
  readonly listed: readonly AttachedHost[];
  /** Hosts of all routes. */
  readonly wanted: readonly string[];
  readonly declared: readonly string[];
  readonly memory: HostMemory;
  /** Whether somebody was seen taking the host away, as opposed to a source that cannot be read. */
  readonly isExplained: (host: string) => boolean;
  /** Whether DNS leads to the edge still, as far as anybody knows. */
  readonly isPointed: (host: string) => boolean;
  readonly nowMs: number;
  readonly graceMs: (host: string) => number;
}

export interface HostsPlan {
  readonly attach: readonly string[];
  readonly detach: readonly string[];
  /** To be written before anything is carried out. */
  readonly memory: HostMemory;
}

/** Pure; empty once it is carried out. */
export function planHosts(input: HostsInput): HostsPlan {
  const { listed, declared, memory, nowMs } = input;
  const there = new Set(listed.map(({ host }) => host));
  const wanted = new Set(input.wanted);
  const attach = [...wanted].filter((host) => !isCovered(host, declared) && !there.has(host)).sort(compareText);
  const kept = memory.ours.filter(({ host }) => wanted.has(host) || there.has(host));
  const ours = kept.map(({ host, freeSinceMs }): OurHost => {
    const isFree = !wanted.has(host) && input.isExplained(host) && !input.isPointed(host);
    return { host, freeSinceMs: isFree ? (freeSinceMs ?? nowMs) : null };
  });
  const known = new Set(ours.map(({ host }) => host));
  const begun = attach.filter((host) => !known.has(host)).map((host): OurHost => ({ host, freeSinceMs: null }));
  const before = new Set(memory.served);
  const served = listed.filter(({ host, state }) => state.status === "serving" || before.has(host));
  return {
    attach,
    detach: ours.filter((one) => isDue(one, input)).map(({ host }) => host),
    memory: {
      format: 1,
      ours: [...ours, ...begun].sort((a, b) => compareText(a.host, b.host)),
      served: served.map(({ host }) => host).sort(compareText),
    },
  };
}

function isDue({ host, freeSinceMs }: OurHost, { nowMs, graceMs }: HostsInput): boolean {
  return freeSinceMs !== null && nowMs - freeSinceMs >= graceMs(host);
}
