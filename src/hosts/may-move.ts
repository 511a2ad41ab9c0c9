/** Whether DNS of a host may point at an edge: only once the edge answers for it. */
import type { AttachedHost, HostState } from "./host-provider.ts";

/** What there is of an edge's hosts: the wildcards and names that Terraform declared, and those attached later. */
export interface EdgeHosts {
  readonly declared: readonly string[];
  readonly attached: readonly AttachedHost[];
}

export type Move = { readonly may: true } | { readonly may: false; readonly waitsFor: string };

/**
 * | the host is            | DNS                                        |
 * |------------------------|--------------------------------------------|
 * | declared, or below a declared wildcard | moves                      |
 * | attached and serving   | moves                                      |
 * | attached, not serving  | waits, and says for what                   |
 * | not attached           | waits                                      |
 */
export function mayMove(host: string, { declared, attached }: EdgeHosts): Move {
  if (isCovered(host, declared)) return { may: true };
  const found = attached.find((one) => one.host === host) ?? attached.find((one) => isCovered(host, [one.host]));
  if (found === undefined) return { may: false, waitsFor: "the edge to take the host" };
  if (found.state.status === "serving") return { may: true };
  return { may: false, waitsFor: waitsFor(found.state) };
}

/** Whether a name is one of these, or one level below a wildcard of these. */
export function isCovered(host: string, names: readonly string[]): boolean {
  const dot = host.indexOf(".");
  return names.includes(host) || (dot > 0 && names.includes(`*${host.slice(dot)}`));
}

function waitsFor(state: Exclude<HostState, { readonly status: "serving" }>): string {
  if (state.status === "stuck") return `somebody to see to it: ${state.message}`;
  const records = state.needs.map(({ name, type, value }) => `${type} ${name} "${value}"`);
  return records.length === 0 ? state.message : `${records.join(", ")} (${state.message})`;
}
