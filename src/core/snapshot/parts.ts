/** A snapshot cut into parts (`part.ts`), as control publishes it. The same snapshot gives the same texts. */
import type { Cluster, HostRoutes, Snapshot, Version } from "../model.ts";
import { DEFAULT_POLICY, type SteeringPolicy } from "../steering/policy.ts";
import { canonicalJson } from "./canonical.ts";
import { featuresOf, FORMAT, type Manifest } from "./manifest.ts";
import { type Part, REST } from "./part.ts";

/** One part without what differs from generation to generation: while the text is equal, nothing has to be written. */
export interface UnsignedPart {
  readonly name: string;
  readonly content: string;
}

/** All parts of a snapshot, the rest last. */
export function snapshotParts({ clusters, hosts, locationOverrides }: Snapshot): readonly UnsignedPart[] {
  const deep = hosts
    .filter(isDeep)
    .map(({ host }) => host)
    .sort();
  const own = hosts.map((host) => {
    const serving = new Set(host.services.flatMap(({ backends }) => backends.map(({ cluster }) => cluster)));
    const used = clusters.filter(({ name }) => serving.has(name));
    return unsigned(host.host, { clusters: used, locationOverrides, hosts: [host], deep: [] });
  });
  return [...own, unsigned(REST, { clusters: [], locationOverrides: [], hosts: [], deep })];
}

/** The text that is signed. */
export function partText(
  { name, content }: UnsignedPart,
  { audience, epoch, generation, publishedAtMs }: Version & Pick<Manifest, "audience" | "publishedAtMs">,
): string {
  const head = canonicalJson({ audience, epoch, format: FORMAT, generation, name, publishedAtMs });
  return `${head.slice(0, -1)},${content.slice(1)}`;
}

/** A wildcard of HTTPRoutes takes names with more labels in its place, which are not looked for one by one. */
function isDeep({ host, routes }: HostRoutes): boolean {
  return host === "*" || (host.startsWith("*.") && routes.some(({ kind }) => kind === "httproute"));
}

function unsigned(
  name: string,
  { clusters, hosts, ...more }: Pick<Part, "clusters" | "hosts" | "locationOverrides" | "deep">,
): UnsignedPart {
  const content = {
    ...more,
    features: featuresOf(clusters),
    clusters: clusters.map(brief),
    // Who wrote a rule is for people, who ask control.
    hosts: hosts.map((host) => ({ ...brief(host), sources: [], policy: briefPolicy(host.policy) })),
  };
  return { name, content: canonicalJson(content) };
}

/** Null is what a reader takes a missing value for, outside of policies. */
function brief(value: Cluster | HostRoutes): object {
  const text = JSON.stringify(value, (_name, entry: unknown) => (entry === null ? undefined : entry));
  const read: unknown = JSON.parse(text);
  return typeof read === "object" && read !== null ? read : value;
}

/** In a policy it takes a missing field for the default. */
function briefPolicy(policy: SteeringPolicy): object {
  const defaults = new Map<string, unknown>(Object.entries(DEFAULT_POLICY));
  const own = Object.entries(policy).filter(
    ([name, value]) => name === "tieWindow" || canonicalJson(value) !== canonicalJson(defaults.get(name)),
  );
  return Object.fromEntries(own);
}
