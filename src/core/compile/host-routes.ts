/** One host → what edges get of it. Kept until something that it was made of is another object. */
import { compareText } from "../match-route.ts";
import type { HostRoutes, ServiceKey } from "../model.ts";
import type { Problem, TrafficPolicyObject } from "../objects.ts";
import type { Declaration } from "./declaration.ts";
import { mergeRoutes } from "./merge.ts";
import type { OwnedHost } from "./ownership.ts";
import { hostPolicy } from "./policies.ts";
import { problemOf } from "./problem.ts";
import { type Collected, noService, type ServicePorts, withHealthCheck } from "./services.ts";

/** What all hosts are made of, beside their own declarations. */
export interface HostWorld {
  readonly ports: ServicePorts;
  readonly members: number;
  /** Sorted. */
  readonly policies: readonly TrafficPolicyObject[];
  /** Default backends that are nobody's in particular; the same list until it changes. */
  readonly fallbacks: readonly Declaration[];
}

export interface CompiledHost {
  readonly entry: HostRoutes;
  readonly problems: readonly Problem[];
  readonly owned: OwnedHost;
  readonly world: HostWorld;
  /** Its service ports and what they were. */
  readonly collected: readonly Collected[];
}

/** Whether compiling the host again would give the same. */
export function isCurrent({ collected, ...host }: CompiledHost, owned: OwnedHost, world: HostWorld): boolean {
  return (
    host.owned === owned &&
    host.world.policies === world.policies &&
    host.world.fallbacks === world.fallbacks &&
    collected.every((one) => one.isCurrent)
  );
}

export function compileHost(host: string, owned: OwnedHost, world: HostWorld): CompiledHost {
  const { owner, declarations: own } = owned;
  const all = host === "*" ? own : [...own, ...fallbacksFor(owner, own, world.fallbacks)];
  const merged = mergeRoutes(all);
  const steering = hostPolicy(host, own, world.policies);
  const problems = [...merged.problems, ...backendProblems(own, world), ...steering.problems];
  const keys = new Set(merged.routes.flatMap((route) => route.backends.map((backend) => backend.service)));
  const collected = [...keys].sort(compareText).map((key) => world.ports.get(key));
  const services = collected.map((one) => withHealthCheck(one, steering.healthCheck));
  const { routes, sources } = merged;
  const entry = { host, owner, routes, services, policy: steering.policy, sources };
  return { entry, problems, owned, world, collected };
}

/** A default backend also takes the unmatched paths of other hosts of its own namespace, never of a foreign one. */
function fallbacksFor(owner: string, own: readonly Declaration[], shared: readonly Declaration[]): Declaration[] {
  const has = new Set(own.filter((one) => one.pathType === null).map((one) => one.meta.name));
  return shared.filter((one) => one.meta.namespace === owner && !has.has(one.meta.name));
}

/** What keeps a rule's own cluster (or, for a federated rule, every cluster) from serving it. */
function backendProblems(declarations: readonly Declaration[], { ports, members }: HostWorld): Problem[] {
  const problems: Problem[] = [];
  for (const declaration of declarations) {
    for (const { service } of declaration.backends) {
      const { service: found, troubles } = ports.get(service);
      const { cluster } = declaration;
      if (cluster === null && found.backends.length > 0) continue;
      const known = cluster === null ? troubles[0] : troubles.find((one) => one.cluster === cluster);
      if (known === undefined && found.backends.some((one) => one.cluster === cluster)) continue;
      const trouble = known?.trouble ?? absent(service, members);
      const reason = known?.isServed === true ? "NoUsableAddress" : "BackendNotFound";
      const message = `Cannot send ${declaration.host}${declaration.path.value} to ${service}: ${trouble}`;
      problems.push(problemOf("warning", reason, cluster, declaration.meta, "spec.rules", message));
    }
  }
  return problems;
}

function absent(service: ServiceKey, members: number): string {
  return members === 0 ? "no cluster is a member" : noService(service);
}
