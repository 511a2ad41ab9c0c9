/**
 * Which Secrets are wanted, and for which names: those of `spec.tls` of Ingresses that are ours, for hosts that were given
 * to that very Ingress. A Secret of one namespace is never shown for a host of another.
 *
 * | `spec.tls[].hosts` | names that the Secret is for |
 * |--------------------|------------------------------|
 * | none               | every host of the Ingress that it was given |
 * | a host, or the wildcard above it | that host, if the Ingress was given it |
 * | a name under a wildcard rule | that name, unless it is somebody else's |
 */
import { ruleHost } from "../compile/adopted.ts";
import { ownershipOf } from "../compile/ingress.ts";
import { problemOf } from "../compile/problem.ts";
import { coversHost, wildcardOf } from "../host-pattern.ts";
import { compareText } from "../match-route.ts";
import type { HostRoutes, Snapshot } from "../model.ts";
import type { IngressObject, ObjectMeta, Observation, Problem } from "../objects.ts";
import { secretId, type SecretName } from "./key-list.ts";

/** One entry of `spec.tls`. */
export interface SecretUse {
  readonly meta: ObjectMeta;
  /** `spec.tls[0].secretName`. */
  readonly field: string;
  readonly hosts: readonly string[];
}

export interface WantedSecret extends SecretName {
  /** Sorted. */
  readonly hosts: readonly string[];
  readonly uses: readonly SecretUse[];
}

export interface Wanted {
  /** By `secretId`. */
  readonly secrets: ReadonlyMap<string, WantedSecret>;
  readonly problems: readonly Problem[];
}

/** From what the sources said and what is published for the edges. */
export function wantedSecrets(observations: readonly Observation[], hosts: HostIndex): Wanted {
  const secrets = new Map<string, WantedSecret>();
  const problems: Problem[] = [];
  for (const observation of observations) {
    for (const ingress of observation.objects.ingresses) {
      if (ingress.tls.length === 0 || ownershipOf(ingress, observation) === "foreign") continue;
      const own = givenTo(ingress, observation.cluster, hosts);
      for (const [index, { hosts: asked, secretName }] of ingress.tls.entries()) {
        if (secretName === null) continue;
        const field = `spec.tls[${index}]`;
        const { names, others } = namesFor(asked.map(ruleHost), own, hosts);
        for (const host of others) problems.push(notGiven(ingress.meta, observation.cluster, `${field}.hosts`, host));
        if (names.length === 0) continue;
        const { namespace } = ingress.meta;
        const name: SecretName = { cluster: observation.cluster, namespace, secret: secretName };
        const use: SecretUse = { meta: ingress.meta, field: `${field}.secretName`, hosts: names };
        secrets.set(secretId(name), joined(secrets.get(secretId(name)), name, use));
      }
    }
  }
  return { secrets, problems };
}

/** The published hosts as they are asked for here. */
export interface HostIndex {
  get(host: string): HostRoutes | null;
  /** Hosts one label under a wildcard. */
  under(wildcard: string): readonly HostRoutes[];
}

/** Nothing is sorted out before somebody asks: most snapshots are of Ingresses without a Secret. */
export function hostIndex({ hosts }: Snapshot): HostIndex {
  let byName: ReadonlyMap<string, HostRoutes> | null = null;
  let byParent: ReadonlyMap<string, readonly HostRoutes[]> | null = null;
  return {
    get(host) {
      byName ??= new Map(hosts.map((one) => [one.host, one]));
      return byName.get(host) ?? null;
    },
    under(wildcard) {
      byParent ??= Map.groupBy(hosts, ({ host }) => (host.startsWith("*") ? "" : wildcardOf(host)));
      return byParent.get(wildcard) ?? [];
    },
  };
}

/** Names under the wildcards among these that belong to other namespaces alone. */
export function othersUnder(names: readonly string[], namespace: string, hosts: HostIndex): readonly string[] {
  return names
    .filter((name) => name.startsWith("*."))
    .flatMap((wildcard) => hosts.under(wildcard))
    .filter(({ sources, owner }) => owner !== namespace && !sources.some((one) => one.namespace === namespace))
    .map(({ host }) => host)
    .sort(compareText);
}

/** Hosts of the Ingress that its rules were given. The rules without a host are nobody's name. */
function givenTo(ingress: IngressObject, cluster: string | null, hosts: HostIndex): readonly string[] {
  const { namespace, name } = ingress.meta;
  return [...new Set(ingress.rules.map((rule) => ruleHost(rule.host)))].filter((host) =>
    hosts
      .get(host)
      ?.sources.some(
        (one) =>
          host !== "*" &&
          one.kind === "Ingress" &&
          one.cluster === cluster &&
          one.namespace === namespace &&
          one.name === name,
      ),
  );
}

function namesFor(
  asked: readonly string[],
  own: readonly string[],
  hosts: HostIndex,
): { readonly names: readonly string[]; readonly others: readonly string[] } {
  if (asked.length === 0) return { names: [...own].sort(compareText), others: [] };
  const names = new Set<string>();
  const others: string[] = [];
  for (const host of asked) {
    const covered = own.filter((one) => coversHost(host, one));
    for (const one of covered) names.add(one);
    if (covered.length > 0) continue;
    const isUnderOurs = own.some((one) => coversHost(one, host)) && hosts.get(host) === null;
    if (isUnderOurs) names.add(host);
    else others.push(host);
  }
  return { names: [...names].sort(compareText), others };
}

function joined(known: WantedSecret | undefined, name: SecretName, use: SecretUse): WantedSecret {
  const hosts = new Set([...(known?.hosts ?? []), ...use.hosts]);
  return { ...name, hosts: [...hosts].sort(compareText), uses: [...(known?.uses ?? []), use] };
}

function notGiven(meta: ObjectMeta, cluster: string | null, field: string, host: string): Problem {
  const message = `Cannot end TLS for ${host} with this Secret: no rule of this Ingress is served for that host`;
  return problemOf("warning", "TlsHostNotServed", cluster, meta, field, message);
}
