/** Spreading replicas over clusters: `planner.json`, and what must hold for any input. */
import { describe, expect, it } from "vitest";
import { CLUSTER_SELECTOR, selectsCluster } from "../../src/core/replicas/cluster-selector.ts";
import { fnv1, planReplicas, writtenReplicas } from "../../src/core/replicas/planner.ts";
import { readPreferences, type ReplicaPreferences } from "../../src/core/replicas/preferences.ts";
import { clusterReplicas } from "../../src/core/replicas/state.ts";
import { websterShares } from "../../src/core/replicas/webster.ts";
import { sharedCases } from "./shared.ts";

type Counts = Record<string, number>;
interface WirePreference {
  readonly minReplicas?: number;
  readonly maxReplicas?: number | null;
  readonly weight?: number;
}
interface PlanCase {
  readonly id: string;
  readonly input: {
    readonly totalReplicas: number;
    readonly rebalance: boolean;
    readonly preferences: Record<string, WirePreference>;
    readonly availableClusters: string[];
    readonly currentReplicas: Counts;
    readonly estimatedCapacity: Counts;
    readonly workloadKey: string;
  };
  readonly expect: { readonly plan: Counts; readonly overflow: Counts; readonly finalReplicas: Counts };
}
interface Pod {
  readonly phase: string;
  readonly conditions: { type: string; status: string; reason?: string; ageSeconds?: number }[];
}
interface Cases {
  readonly referenceHashes: Counts;
  readonly cases: PlanCase[];
  readonly jobCases: {
    id: string;
    input: {
      parallelism: number;
      completions: number | null;
      preferences: Record<string, WirePreference>;
      availableClusters: string[];
      workloadKey: string;
    };
    expect: { parallelism: Counts; completions: Counts | null };
  }[];
  readonly replicaStateCases: {
    id: string;
    input: { clusters: Record<string, { specReplicas: number; readyReplicas: number; pods: Pod[] | null }> };
    expect: { currentReplicas: Counts; estimatedCapacity: Counts };
  }[];
  readonly annotationCases: {
    id: string;
    input: { annotationValue: string | null };
    expect: { error: boolean; preferences?: { rebalance: boolean; clusters: Record<string, WirePreference> } };
  }[];
  readonly clusterSelectorCases: {
    id: string;
    input: { clusterLabels: Record<string, string>; annotation: Record<string, string> };
    expect: { sendToCluster: boolean; error: boolean };
  }[];
  readonly websterCases_optional: {
    cases: {
      id: string;
      input: { newReplicas: number; weights: Counts; alreadyAssigned: Counts };
      expect: { totals: Counts | null };
    }[];
  };
}

const cases = sharedCases<Cases>("planner.json");
const map = (counts: Counts) => new Map(Object.entries(counts));
const plain = (counts: ReadonlyMap<string, number>) => Object.fromEntries(counts);

function preferencesOf(wire: Record<string, WirePreference>, rebalance: boolean): ReplicaPreferences {
  const clusters = Object.entries(wire).map(
    ([name, { minReplicas = 0, maxReplicas = null, weight = 0 }]) =>
      [name, { minReplicas, maxReplicas, weight }] as const,
  );
  return { rebalance, clusters: new Map(clusters) };
}

describe("planner.json", () => {
  it.each(Object.entries(cases.referenceHashes))("fnv1(%s)", (text, hash) => {
    expect(fnv1(text)).toBe(hash);
  });

  it.each(cases.cases)("$id", ({ id, input, expect: expected }) => {
    const plan = planReplicas({
      total: input.totalReplicas,
      preferences: preferencesOf(input.preferences, input.rebalance),
      clusters: input.availableClusters,
      current: map(input.currentReplicas),
      capacity: map(input.estimatedCapacity),
      workload: input.workloadKey,
      keep: id.endsWith("-improved") ? "small-first" : "weights",
    });
    expect(plain(plan.plan)).toEqual(expected.plan);
    expect(plain(plan.overflow)).toEqual(expected.overflow);
    expect(plain(writtenReplicas(plan))).toEqual(expected.finalReplicas);
  });

  it.each(cases.jobCases)("$id", ({ input, expect: expected }) => {
    const spread = (total: number) =>
      plain(
        writtenReplicas(
          planReplicas({
            total,
            preferences: preferencesOf(input.preferences, false),
            clusters: input.availableClusters,
            current: new Map(),
            capacity: new Map(),
            workload: input.workloadKey,
            keep: "weights",
          }),
        ),
      );
    expect(spread(input.parallelism)).toEqual(expected.parallelism);
    // Absent completions stay absent: they are never planned as 0.
    if (input.completions !== null && input.completions !== undefined) {
      expect(spread(input.completions)).toEqual(expected.completions);
    }
  });

  it.each(cases.replicaStateCases)("$id", ({ input, expect: expected }) => {
    const states = Object.entries(input.clusters).map(([cluster, { pods, ...counts }]) => {
      const read = (pods ?? []).map(({ phase, conditions }) => ({
        phase,
        conditions: conditions.map(({ type, status, reason, ageSeconds = 0 }) => ({
          type,
          status,
          reason: reason ?? null,
          ageMs: ageSeconds * 1000,
        })),
      }));
      return [cluster, clusterReplicas({ ...counts, pods: read })] as const;
    });
    const capacity = states.flatMap(([cluster, one]) => (one.capacity === null ? [] : [[cluster, one.capacity]]));
    expect(Object.fromEntries(capacity)).toEqual(expected.estimatedCapacity);
    for (const [cluster, { current }] of states) expect(current).toBe(expected.currentReplicas[cluster]);
  });

  it.each(cases.annotationCases)("$id", ({ input, expect: expected }) => {
    const read = readPreferences(input.annotationValue);
    expect(!read.ok).toBe(expected.error);
    if (!read.ok || expected.preferences === undefined) return;
    const { rebalance, clusters } = read.preferences;
    expect({ rebalance, clusters: Object.fromEntries(clusters) }).toEqual(expected.preferences);
  });

  it.each(cases.clusterSelectorCases)("$id", ({ input, expect: expected }) => {
    const result = selectsCluster(input.annotation[CLUSTER_SELECTOR] ?? null, input.clusterLabels);
    expect(!result.ok).toBe(expected.error);
    expect(result.ok && result.isSelected).toBe(expected.sendToCluster);
  });

  it.each(cases.websterCases_optional.cases)("$id", ({ input, expect: expected }) => {
    const totals = websterShares(input.newReplicas, map(input.weights), map(input.alreadyAssigned));
    expect(totals === null ? null : plain(totals)).toEqual(expected.totals);
  });
});
