/**
 * k8gb's weighted round robin: weights travel as labels `weight-<tag>-<index>-<weight>=<address>` from the cluster that
 * publishes to the name server that answers, which puts groups of addresses in an order drawn by weight.
 */
import { hash32, pairHash, weightedScore } from "../../steering/hash.ts";
import type { GslbStrategy } from "./strategy.ts";

export const MAX_WEIGHT = 1000;

export interface WeightedTargets {
  readonly strategy: GslbStrategy;
  /** By geo tag, whole numbers 0…1000. */
  readonly weights: ReadonlyMap<string, number>;
  /** Addresses by geo tag, in order. */
  readonly targets: ReadonlyMap<string, readonly string[]>;
}

/** Labels to publish. Weights count with roundRobin only. */
export function weightLabels({ strategy, weights, targets }: WeightedTargets): ReadonlyMap<string, string> {
  const labels = new Map<string, string>([["strategy", strategy]]);
  if (strategy !== "roundRobin") return labels;
  for (const [tag, weight] of weights) {
    for (const [index, address] of (targets.get(tag) ?? []).entries()) {
      labels.set(`weight-${tag}-${index}-${weight}`, address);
    }
  }
  return labels;
}

/** Why a weight cannot be used, or null. */
export function weightProblem(tag: string, weight: number): string | null {
  if (!isTag(tag)) return `the geo tag "${tag}" is not letters, digits and hyphens`;
  return Number.isInteger(weight) && weight >= 0 && weight <= MAX_WEIGHT
    ? null
    : `the weight ${weight} of "${tag}" is not a whole number from 0 to ${MAX_WEIGHT}`;
}

export type WeightedAnswer =
  /** `isWeighted` is false when the labels were not about these addresses, which then come in any order. */
  | { readonly ok: true; readonly addresses: readonly string[]; readonly isWeighted: boolean }
  | { readonly ok: false; readonly reason: string };

/** Addresses in the order of one answer; `seed` is that answer's draw. A label that cannot be read fails the answer. */
export function weightedAnswer(
  addresses: readonly string[],
  labels: ReadonlyMap<string, string>,
  seed: number,
): WeightedAnswer {
  const groups = new Map<string, { readonly weight: number; readonly addresses: string[] }>();
  const labelled = new Set<string>();
  for (const [label, address] of labels) {
    if (!label.startsWith("weight-")) continue;
    const read = readLabel(label);
    if (read === null) return { ok: false, reason: `the label "${label}" is not weight-TAG-INDEX-WEIGHT` };
    const group = groups.get(read.tag) ?? { weight: read.weight, addresses: [] };
    groups.set(read.tag, group);
    group.addresses.push(address);
    labelled.add(address);
  }
  const fits = labelled.size === new Set(addresses).size && addresses.every((one) => labelled.has(one));
  if (labels.get("strategy") !== "roundRobin" || !fits) {
    return { ok: true, addresses: shuffled(addresses, seed), isWeighted: false };
  }
  // An exponential draw over the weight: first in exact proportion to it, and without a weight behind everybody.
  const drawn = [...groups].map(([tag, { weight, addresses: members }]) => {
    const draw = pairHash(seed, hash32(tag));
    return { score: weightedScore(draw, weight), draw, members };
  });
  drawn.sort((a, b) => (a.score === b.score ? a.draw - b.draw : a.score - b.score));
  return { ok: true, addresses: drawn.flatMap(({ members }) => shuffled(members, seed)), isWeighted: true };
}

function readLabel(label: string): { readonly tag: string; readonly weight: number } | null {
  // From the right: a tag may hold hyphens.
  const parts = label.slice("weight-".length).split("-");
  const weight = wholeNumber(parts.pop());
  const index = wholeNumber(parts.pop());
  const tag = parts.join("-");
  return weight === null || weight > MAX_WEIGHT || index === null || !isTag(tag) ? null : { tag, weight };
}

function isTag(tag: string): boolean {
  return /^[a-zA-Z0-9-]+$/.test(tag);
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : null;
}

/** The same addresses in an order that the seed draws. */
export function shuffled(addresses: readonly string[], seed: number): readonly string[] {
  const drawn = addresses.map((address) => ({ address, draw: pairHash(seed, hash32(address)) }));
  return drawn.sort((a, b) => a.draw - b.draw).map((one) => one.address);
}
