/** Whether DNS of a host may point at an edge: only once the edge answers for it. */
import { isCovered, wildcardOf } from "../host-pattern.ts";
import type { HostState, NeededRecord } from "./attached.ts";

/** What there is of an edge's hosts: the wildcards and names that were declared for it, and those attached later. */
export interface EdgeHosts {
  readonly declared: readonly string[];
  /** By host; null while nobody knows, as before the platform was asked. */
  readonly attached: ReadonlyMap<string, HostState> | null;
  /** Hosts that were seen serving: a certificate that is renewed takes nothing away. */
  readonly served: ReadonlySet<string>;
  /** Whether anybody attaches hosts there. */
  readonly isAttached: boolean;
}

export interface Move {
  /** `unknown`: whatever DNS says now stays as it is. */
  readonly may: "yes" | "no" | "unknown";
  readonly state: "declared" | "serving" | "waiting" | "stuck" | "missing" | "unknown";
  /** Null when it waits for nothing. */
  readonly waitsFor: string | null;
  readonly needs: readonly NeededRecord[];
}

/**
 * | the host is                            | DNS                                              |
 * |----------------------------------------|--------------------------------------------------|
 * | declared, or below a declared wildcard | moves                                            |
 * | attached and serving                   | moves                                            |
 * | attached, waiting, seen serving before | stays where it has moved                         |
 * | attached, not serving                  | waits, and says for what                         |
 * | not attached                           | waits                                            |
 * | the platform was never asked           | stays as it is                                   |
 */
export function mayMove(host: string, { declared, attached, served, isAttached }: EdgeHosts): Move {
  if (isCovered(host, declared)) return { may: "yes", state: "declared", waitsFor: null, needs: [] };
  if (!isAttached) return missing("somebody to declare it at the edge: nothing attaches hosts there");
  if (attached === null) {
    return { may: "unknown", state: "unknown", waitsFor: "the edge's platform to be read", needs: [] };
  }
  const name = attached.has(host) ? host : wildcardOf(host);
  const state = attached.get(name);
  if (state === undefined) return missing("the edge to take the host");
  if (state.status === "serving") return { may: "yes", state: "serving", waitsFor: null, needs: [] };
  const may = state.status === "waiting" && served.has(name) ? "yes" : "no";
  const needs = state.status === "waiting" ? state.needs : [];
  return { may, state: state.status, waitsFor: waitsFor(state), needs };
}

function missing(what: string): Move {
  return { may: "no", state: "missing", waitsFor: what, needs: [] };
}

function waitsFor(state: Exclude<HostState, { readonly status: "serving" }>): string {
  if (state.status === "stuck") return `somebody to see to it: ${state.message}`;
  const records = state.needs.map(({ name, type, value }) => `${type} ${name} "${value}"`);
  return records.length === 0 ? state.message : `${records.join(", ")} (${state.message})`;
}
