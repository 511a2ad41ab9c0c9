/** Where a cluster is, from what its nodes say of themselves; the majority decides. */
import { regionPoint } from "../geo/regions/regions.ts";
import { compareText } from "../match-route.ts";
import { type ContextName, gcpPlace } from "./cluster-name.ts";

export interface NodeFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly providerId: string | null;
}

/** A value and why it is believed, as a clause. */
export interface Guess {
  readonly value: string;
  readonly reason: string;
}

export interface LocationGuess {
  readonly provider: Guess | null;
  readonly region: Guess | null;
  readonly zone: Guess | null;
  /** What a person should look at; empty when all is sure. */
  readonly doubts: readonly string[];
}

/** Scheme of `spec.providerID`, as each cloud's controller writes it, and the provider in the regions table. */
const PROVIDERS: ReadonlyMap<string, string> = new Map([
  ["aws", "aws"],
  ["gce", "gcp"],
  ["azure", "azure"],
  ["digitalocean", "digitalocean"],
  ["linode", "linode"],
  ["oci", "oci"],
  ["hcloud", "hetzner"],
  ["alicloud", "alibaba"],
  ["ibm", "ibm"],
  ["scaleway", "scaleway"],
  ["vultr", "vultr"],
]);

const REGION_LABELS = ["topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"];
const ZONE_LABELS = ["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"];

interface Vote {
  readonly value: string;
  readonly source: string;
}

/** The nodes' word first, the context's name where they say nothing. */
export function guessLocation(nodes: readonly NodeFacts[], context: ContextName): LocationGuess {
  const doubts: string[] = [];
  const named = (value: string | null): Guess | null =>
    value === null ? null : { value, reason: "the context's name" };
  const provider = majority(nodes, providerVote, "provider", doubts) ?? named(context.provider);
  const region = majority(nodes, regionVote, "region", doubts) ?? named(context.region);
  const zones = new Set(nodes.map((node) => zoneVote(node)?.value));
  // A cluster over several zones is in none of them.
  const zone = zones.size > 1 ? null : (majority(nodes, zoneVote, "zone", doubts) ?? named(context.zone));
  if (provider === null) doubts.push("no node has a providerID of a known cloud; set spec.location by hand");
  else if (region === null) doubts.push("no node has a region label; set spec.region or spec.location by hand");
  else if (regionPoint(provider.value, region.value) === null) {
    doubts.push(`${provider.value}/${region.value} is not in the regions table; set spec.location by hand`);
  }
  return { provider, region, zone, doubts };
}

function majority(
  nodes: readonly NodeFacts[],
  voteOf: (node: NodeFacts) => Vote | null,
  what: string,
  doubts: string[],
): Guess | null {
  const counts = new Map<string, { count: number; source: string }>();
  for (const node of nodes) {
    const vote = voteOf(node);
    if (vote === null) continue;
    const known = counts.get(vote.value);
    counts.set(vote.value, { count: (known?.count ?? 0) + 1, source: known?.source ?? vote.source });
  }
  const [first, second] = [...counts].sort(([a, x], [b, y]) => y.count - x.count || compareText(a, b));
  if (first === undefined) return null;
  const [value, { count, source }] = first;
  if (second !== undefined) {
    const others = [...counts].filter(([other]) => other !== value).map(([other, one]) => `${other} (${one.count})`);
    doubts.push(`nodes differ in their ${what}: ${value} (${count}), ${others.join(", ")}`);
  }
  return { value, reason: `${count} of ${nodes.length} nodes: ${source}` };
}

function providerVote({ providerId }: NodeFacts): Vote | null {
  const scheme = schemeOf(providerId);
  const provider = PROVIDERS.get(scheme);
  return provider === undefined ? null : { value: provider, source: `providerID begins with ${scheme}://` };
}

function regionVote(node: NodeFacts): Vote | null {
  const labelled = labelVote(node, REGION_LABELS);
  if (labelled !== null) return labelled;
  const zone = zoneOfProviderId(node.providerId);
  if (zone === null) return null;
  const region = schemeOf(node.providerId) === "gce" ? gcpPlace(zone).region : zone.replace(/[a-z]$/, "");
  return { value: region, source: "the zone in providerID" };
}

function zoneVote(node: NodeFacts): Vote | null {
  const labelled = labelVote(node, ZONE_LABELS);
  if (labelled !== null) return labelled;
  const zone = zoneOfProviderId(node.providerId);
  return zone === null ? null : { value: zone, source: "providerID" };
}

function labelVote({ labels }: NodeFacts, names: readonly string[]): Vote | null {
  for (const name of names) {
    const value = Object.hasOwn(labels, name) ? labels[name] : undefined;
    if (value !== undefined && value !== "") return { value, source: `label ${name}` };
  }
  return null;
}

/** `gce://PROJECT/ZONE/NAME`, `aws:///ZONE/ID`. */
function zoneOfProviderId(providerId: string | null): string | null {
  const parts = (providerId ?? "").split("/");
  const zone = parts[3] ?? "";
  const scheme = schemeOf(providerId);
  return (scheme === "gce" || scheme === "aws") && parts.length === 5 && zone !== "" ? zone : null;
}

function schemeOf(providerId: string | null): string {
  const end = (providerId ?? "").indexOf("://");
  return end === -1 ? "" : (providerId ?? "").slice(0, end);
}
