/** Hosts in memory with a DNS beside them, and what happens when it cannot be reached. */
import type { HostProvider } from "../../src/hosts/host-provider.ts";
import { memoryHosts } from "../../src/hosts/memory.ts";
import type { HostWorld } from "../conformance/hosts.ts";

export function memoryWorld(replace: (provider: HostProvider) => Partial<HostProvider> = () => ({})): HostWorld {
  const records = new Map<string, readonly string[]>();
  const memory = memoryHosts({ target: "edge.example.net", resolve: (name) => records.get(name) ?? [] });
  let reachable = true;
  const failed = { status: "failed", message: "the platform cannot be reached" } as const;
  const behind: HostProvider = {
    ...memory,
    list: () => (reachable ? memory.list() : Promise.reject(new Error("Cannot list the hosts: it cannot be reached"))),
    attach: (host) => (reachable ? memory.attach(host) : Promise.resolve(failed)),
    detach: (host) => (reachable ? memory.detach(host) : Promise.resolve(failed)),
  };
  const provider = { ...behind, ...replace(behind) };
  return {
    provider,
    other: provider,
    publish: ({ name, value }) => void records.set(name, [...(records.get(name) ?? []), value]),
    breakDown: () => void (reachable = false),
  };
}
