/**
 * What stands at a name that shall lead to some addresses and host names. A CNAME stands alone and a resolver takes a
 * set as a whole, so mixtures need help:
 *
 * | the targets are                     | the name holds                                                          |
 * |-------------------------------------|-------------------------------------------------------------------------|
 * | addresses only                      | A and AAAA                                                              |
 * | one host name                       | a CNAME, so that its owner may move it; at an apex an alias              |
 * | several host names, or a mixture, provider has weighted sets | a weighted CNAME for each host name, and one to the addresses' own name |
 * | the same, elsewhere                 | the addresses the host names have now, to be resolved again each TTL     |
 * | the same, one does not resolve      | what it held before                                                      |
 *
 * A provider that cannot replace a CNAME by addresses in one step gets a CNAME for ever, to a name of the addresses.
 */
import { parseV4, parseV6 } from "../address/ip.ts";
import { formatV4, formatV6 } from "../address/ip-text.ts";
import { compareText } from "../match-route.ts";
import type { LoadBalancerAddress } from "../objects.ts";
import { dnsName } from "./names.ts";
import { type DnsCapabilities, plainSet, type RecordSet } from "./records.ts";

export interface AnswerOptions {
  readonly ttlSeconds: number;
  readonly capabilities: DnsCapabilities;
  /** Whether the name is the apex of its zone. */
  readonly isApex: boolean;
  /** Addresses of host names as they were resolved last; null where that failed, absent where nobody asked yet. */
  readonly resolved: ReadonlyMap<string, readonly string[] | null>;
  /** Resolve even a lone host name, as federation v1 and kubefed did. */
  readonly alwaysResolve: boolean;
}

/** Sets for one name, or the order to keep what is there. */
export interface Answer {
  readonly sets: readonly RecordSet[];
  /** Whether the name has to stay as it is, since its targets are not known completely. */
  readonly keep: boolean;
  /** Host names that have to be resolved for this answer, again after each TTL. */
  readonly resolve: readonly string[];
  /** What the provider cannot express, for people. */
  readonly losses: readonly string[];
}

/** Name of the addresses behind a CNAME. */
export function addressNameOf(name: string): string {
  return `portolan-addresses.${name.startsWith("*.") ? name.slice(2) : name}`;
}

/** Sets that lead from a name to its targets; none for no targets. Order and repetition of targets do not matter. */
export function answerFor(name: string, targets: readonly LoadBalancerAddress[], options: AnswerOptions): Answer {
  const { addresses, hostNames, invalid } = sorted(targets);
  const isLone = hostNames.length === 1 && addresses.length === 0 && !options.alwaysResolve;
  if (invalid.length > 0) return kept([`"${invalid.join(", ")}" is neither an address nor a host name`]);
  if (hostNames.length === 0) return simple(atName(name, addresses, options));
  if (isLone && !options.isApex) return simple([plainSet(name, "CNAME", hostNames, options.ttlSeconds)]);
  const isWeighted = options.capabilities.policies.includes("weighted") && !options.isApex && !options.alwaysResolve;
  if (isWeighted) return simple(weightedSets(name, addresses, hostNames, options));
  const found = hostNames.map((hostName) => options.resolved.get(hostName) ?? null);
  const missing = hostNames.filter((_, index) => found[index] === null || found[index]?.length === 0);
  if (missing.length > 0) {
    return { ...kept([`"${missing.join(", ")}" does not resolve, so "${name}" stays as it is`]), resolve: hostNames };
  }
  const all = sorted([...addresses, ...found.flatMap((list) => list ?? [])].map((ip) => ({ ip, hostname: null })));
  const loss = `${options.capabilities.provider} cannot hold ${hostNames.join(", ")} at "${name}": their addresses of the moment stand there`;
  return {
    sets: atName(name, all.addresses, options),
    keep: false,
    resolve: hostNames,
    losses: options.alwaysResolve ? [] : [loss],
  };
}

/** A and AAAA sets of canonical addresses. */
export function addressSets(name: string, addresses: readonly string[], ttlSeconds: number): readonly RecordSet[] {
  const v6 = addresses.filter((one) => one.includes(":"));
  const v4 = addresses.filter((one) => !one.includes(":"));
  return [
    ...(v4.length > 0 ? [plainSet(name, "A", v4, ttlSeconds)] : []),
    ...(v6.length > 0 ? [plainSet(name, "AAAA", v6, ttlSeconds)] : []),
  ];
}

/** Addresses at the name itself, or behind a CNAME where the type of a name may never change. */
function atName(name: string, addresses: readonly string[], options: AnswerOptions): readonly RecordSet[] {
  const { capabilities, isApex, ttlSeconds } = options;
  if (addresses.length === 0) return [];
  if (capabilities.atomicity === "change" || isApex) return addressSets(name, addresses, ttlSeconds);
  const behind = addressNameOf(name);
  return [...addressSets(behind, addresses, ttlSeconds), plainSet(name, "CNAME", [behind], ttlSeconds)];
}

function weightedSets(
  name: string,
  addresses: readonly string[],
  hostNames: readonly string[],
  { ttlSeconds }: AnswerOptions,
): readonly RecordSet[] {
  const towards = (target: string, weight: number): RecordSet => ({
    ...plainSet(name, "CNAME", [target], ttlSeconds),
    setIdentifier: target.slice(0, 128),
    policy: { type: "weighted", weight: Math.min(weight, 255) },
  });
  const named = hostNames.map((hostName) => towards(hostName, 1));
  if (addresses.length === 0) return named;
  // Each address counts as much as each host name does.
  const behind = addressNameOf(name);
  return [...addressSets(behind, addresses, ttlSeconds), ...named, towards(behind, addresses.length)];
}

function sorted(targets: readonly LoadBalancerAddress[]): {
  readonly addresses: readonly string[];
  readonly hostNames: readonly string[];
  readonly invalid: readonly string[];
} {
  const addresses = new Set<string>();
  const hostNames = new Set<string>();
  const invalid: string[] = [];
  for (const { ip, hostname } of targets) {
    const text = ip === null || ip === "" ? (hostname ?? "") : ip;
    const address = canonicalAddress(text);
    const name = dnsName(text);
    if (address !== null) addresses.add(address);
    // Some load balancers write an address where a host name belongs; the reverse is a mistake.
    else if ((ip === null || ip === "") && name.ok) hostNames.add(name.name);
    else invalid.push(text);
  }
  return { addresses: [...addresses].sort(compareText), hostNames: [...hostNames].sort(compareText), invalid };
}

function canonicalAddress(text: string): string | null {
  const v6 = text.includes(":") ? parseV6(text) : null;
  if (v6 !== null) return formatV6(v6);
  const v4 = parseV4(text);
  return v4 === null ? null : formatV4(v4);
}

function simple(sets: readonly RecordSet[]): Answer {
  return { sets, keep: false, resolve: [], losses: [] };
}

function kept(losses: readonly string[]): Answer {
  return { sets: [], keep: true, resolve: [], losses };
}
