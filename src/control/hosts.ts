/** Hosts at all edges' platforms: what DNS may lead where, and what it waits for. */
import { type HostStatus, proofSets, type WaitsFor } from "../core/hosts/host-status.ts";
import { mayMove } from "../core/hosts/may-move.ts";
import type { DesiredSet } from "../core/dns/records.ts";
import { type HostedEdge, followHosts, type HostFollowDeps, type HostsWish } from "./host-follow.ts";

export interface Hosts {
  status(): readonly HostStatus[];
  /** Whether DNS of a host may lead to an edge. */
  move(host: string, edge: string): HostStatus["moves"];
  readonly waitsFor: WaitsFor;
  /** Records that the platforms want to see before they serve a host. */
  proofs(ttlSeconds: number): readonly DesiredSet[];
  /** Takes note of what is wanted now; never waits. One edge's trouble is its own. */
  offer(wish: HostsWish): void;
  settled(): Promise<void>;
}

export interface HostsDeps extends HostFollowDeps {
  /** There are edges beside these, which answer every host. */
  readonly isElsewhere: boolean;
}

/** An edge that is not among these answers every host. */
export function hosts(edges: readonly HostedEdge[], deps: HostsDeps): Hosts {
  const followed = new Map(edges.map((one) => [one.edge, followHosts(one, deps)]));
  const all = [...followed.values()];
  const status = () => all.flatMap((one) => one.status());
  return {
    status,
    move: (host, edge) => followed.get(edge)?.move(host).may ?? "yes",
    waitsFor(host) {
      const moves = all.map((one) => ({ edge: one.edge, ...one.move(host) }));
      if (deps.isElsewhere || moves.some(({ may }) => may === "yes")) return null;
      return moves.map(({ edge, waitsFor }) => `${edge}: ${waitsFor ?? ""}`).join("; ") || null;
    },
    proofs: (ttlSeconds) => proofSets(status(), ttlSeconds),
    offer(wish) {
      for (const one of all) one.offer(wish);
    },
    async settled() {
      await Promise.all(all.map((one) => one.settled()));
    },
  };
}

/** What is known without asking any platform: for plans that are made beside the running system. */
export function declaredHosts(edges: readonly Pick<HostedEdge, "edge" | "declared">[]): Pick<Hosts, "move" | "proofs"> {
  const known = new Map(edges.map((one) => [one.edge, one.declared]));
  return {
    move(host, edge) {
      const declared = known.get(edge);
      if (declared === undefined) return "yes";
      return mayMove(host, { declared, attached: null, served: new Set(), isAttached: true }).may;
    },
    proofs: () => [],
  };
}
