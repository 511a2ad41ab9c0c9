/** TrafficPolicy objects → the steering policy of each host, and what operators know about client networks. */
import { compareText } from "../match-route.ts";
import type { LocationOverride } from "../model.ts";
import type { TrafficPolicyObject } from "../objects.ts";
import { DEFAULT_POLICY, type SteeringPolicy } from "../steering/policy.ts";

/** The policy that names the host, then one that covers it by wildcard, then one for all hosts; the oldest of each. */
export function policyFor(host: string, policies: readonly TrafficPolicyObject[]): SteeringPolicy {
  const wildcard = `*.${host.slice(host.indexOf(".") + 1)}`;
  const found =
    policies.find((policy) => policy.hosts.includes(host)) ??
    policies.find((policy) => policy.hosts.includes(wildcard)) ??
    policies.find((policy) => policy.hosts.length === 0);
  return found?.steering ?? DEFAULT_POLICY;
}

/** Oldest first, then by namespace and name. */
export function sortPolicies(policies: readonly TrafficPolicyObject[]): readonly TrafficPolicyObject[] {
  return [...policies].sort(
    (a, b) =>
      a.meta.createdMs - b.meta.createdMs ||
      compareText(a.meta.namespace, b.meta.namespace) ||
      compareText(a.meta.name, b.meta.name),
  );
}

/** All overrides of all policies; for the same network the oldest policy wins. */
export function locationOverrides(sorted: readonly TrafficPolicyObject[]): readonly LocationOverride[] {
  const byCidr = new Map<string, LocationOverride>();
  for (const policy of sorted) {
    for (const { cidr, country, location } of policy.clientLocations) {
      if (!byCidr.has(cidr)) byCidr.set(cidr, { cidr, country, location });
    }
  }
  return [...byCidr.values()].sort((a, b) => compareText(a.cidr, b.cidr));
}
