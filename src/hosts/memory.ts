/** Attached hosts in memory: the reference that the suite is written against, and an edge platform for tests. */
import { compareText } from "../core/match-route.ts";
import type { AttachedHost, HostState, NeededRecord } from "../core/hosts/attached.ts";
import type { HostProvider } from "./host-provider.ts";

export interface MemoryHostsOptions {
  readonly target: string;
  /** Values of the TXT records of a name, as the platform would look them up. */
  readonly resolve: (name: string) => readonly string[];
}

const HOST = /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/** A platform that serves a host as soon as both of its records are there. */
export function memoryHosts({ target, resolve }: MemoryHostsOptions): HostProvider {
  const held = new Map<string, readonly NeededRecord[]>();
  const stateOf = (needs: readonly NeededRecord[]): HostState => {
    const missing = needs.filter(({ name, value }) => !resolve(name).includes(value));
    if (missing.length === 0) return { status: "serving" };
    return { status: "waiting", message: `${missing.length} of ${needs.length} records are missing`, needs: missing };
  };
  return {
    name: "memory",
    target,
    async list() {
      const all = [...held].map(([host, needs]): AttachedHost => ({ host, state: stateOf(needs) }));
      return all.sort((a, b) => compareText(a.host, b.host));
    },
    async attach(host) {
      if (!HOST.test(host)) return { status: "refused", message: `"${host}" is no host name` };
      if (!held.has(host)) held.set(host, needsOf(host, held.size));
      return { status: "done" };
    },
    async detach(host) {
      held.delete(host);
      return { status: "done" };
    },
  };
}

function needsOf(host: string, number: number): readonly NeededRecord[] {
  const name = host.replace(/^\*\./, "");
  return [
    { name: `_owner.${name}`, type: "TXT", value: `owner-${number}` },
    { name: `_acme-challenge.${name}`, type: "TXT", value: `challenge-${number}` },
  ];
}
