/** The steps of a choice in words, for `explain`. */
import type { Candidate, Circumstances, RequestFacts, VerifiedPin } from "./decision.ts";
import { headerOf } from "./steering/canary.ts";
import type { SteeringPolicy } from "./steering/policy.ts";
import { isEligible, type Pool, type Trace } from "./steering/pool.ts";
import { percent } from "./steering/shares.ts";
import { note, noteStep, type Step } from "./steering/trace.ts";

/** An empty trace. */
export function newTrace(): Trace {
  let tie = { limitUs: -1, text: "" };
  const trace: Trace = {
    steps: [],
    clusters: new Map(),
    client: (about) => traceClient(trace, about),
    members: (pool) => traceMembers(trace, pool),
    tie: (pool, member, limitUs) => {
      if (tie.limitUs !== limitUs) tie = { limitUs, text: tieText(limitUs) };
      note(trace, nameOf(pool, member), "tie", tie.text);
    },
    held: (pool, member) =>
      note(trace, nameOf(pool, member), "hold", "this edge chose it before, and no other is better by max(5 ms, 10 %)"),
    starting: (pool, member, share) => {
      const seconds = Math.round((pool.nowMs - (pool.verdicts.returnedAtMs[member] ?? 0)) / 1000);
      const text = `came back ${seconds} s ago: it takes ${percent(share)} of its share`;
      note(trace, nameOf(pool, member), "slow-start", text);
    },
    passedOn: (pool, member) => note(trace, nameOf(pool, member), "spill", "it passes this client on"),
    pin: (pin, pinned) => tracePin(trace, pin, pinned),
  };
  return trace;
}

function tieText(limitUs: number): string {
  const within = `as near as the nearest of its group (at most ${(limitUs / 1000).toFixed(1)} ms)`;
  return `${within}: the client's hash decides, by weight`;
}

function nameOf(pool: Pool, member: number): string {
  return pool.prepared.members[member]?.cluster.name ?? "";
}

function traceClient(trace: Trace, about: Parameters<Trace["client"]>[0]): void {
  const { policy, side, preferences, request, circumstances } = about;
  trace.steps.push({ step: "policy", text: `${policy.method.type}, by ${policy.source ?? "default"}` });
  trace.steps.push({ step: "key", text: keyText(policy, request, circumstances) });
  if (side !== null && policy.canary !== null) {
    const clusters = policy.canary.clusters.join(", ");
    const by = side.by === "percent" ? `its hash, of ${policy.canary.percent} %` : `the ${side.by}`;
    trace.steps.push({
      step: "canary",
      text: `${side.canary ? "canary" : "stable"} side by ${by}; the canary is ${clusters}`,
    });
  }
  if (policy.method.type !== "geolocation") return;
  const places = preferences.map((one) => one.place).join(", then ");
  trace.steps.push({
    step: "method",
    text: places === "" ? "no rule is for this client's place" : `rules that match, most specific first: ${places}`,
  });
}

function keyText({ affinity }: SteeringPolicy, request: RequestFacts, { client }: Circumstances): string {
  if (affinity?.type === "header" && headerOf(request, affinity.name) !== null) {
    return `ties and shares go by the hash of the header ${affinity.name}`;
  }
  return client.address === null
    ? "no address is known: ties and shares go by chance"
    : "ties and shares go by the hash of the client's address";
}

function traceMembers(trace: Trace, pool: Pool): void {
  const { ranking, policy, prepared } = pool;
  for (const [at, { index, cluster, terms }] of prepared.members.entries()) {
    if (!isEligible(pool, at) && pool.verdicts.trouble[at] === null) continue;
    const cost: Step = (pool.kept.costs[at] ??= { step: "cost", text: costText(pool, index, terms.bias) });
    noteStep(trace, cluster.name, cost);
    const tier = policy.tiers?.[index];
    if (tier !== undefined) note(trace, cluster.name, "method", tierText(policy.policy, tier));
    const place = pool.preferences.find((one) => one.clusters[index] === true)?.place;
    if (policy.geolocation !== null) {
      note(
        trace,
        cluster.name,
        "method",
        place === undefined ? "no rule for this client names it" : `the rule for ${place} names it`,
      );
    }
    if (policy.policy.method.type === "least-latency" && ranking.basis[index] !== "measured") {
      note(trace, cluster.name, "method", "nobody has measured it from here: it comes after those that were measured");
    }
    if (policy.canary?.[index] === true) note(trace, cluster.name, "canary", "it is the canary");
  }
}

function tierText({ method }: SteeringPolicy, tier: number): string {
  const named = method.type === "failover" && tier < method.tiers.length;
  return named ? `tier ${tier + 1} of ${method.tiers.length}` : "no tier names it: it comes last";
}

function costText({ ranking }: Pool, index: number, bias: number): string {
  const basis = ranking.basis[index] ?? "none";
  if (basis === "none") return "nobody knows what it costs: its place or the vantage is unknown";
  const ms = ((ranking.costUs[index] ?? 0) / 1000).toFixed(1);
  if (bias === 0) return `${ms} ms, ${basis}`;
  return `${ms} ms, ${basis}; bias ${bias > 0 ? "+" : ""}${bias} makes it count as ${((ranking.biasedUs[index] ?? 0) / 1000).toFixed(1)} ms`;
}

function tracePin(
  trace: Trace,
  pin: VerifiedPin | null,
  pinned: { readonly candidate: Candidate; readonly draining: boolean } | null,
): void {
  if (pin === null)
    trace.steps.push({ step: "pin", text: "no pin yet: the cluster that answers becomes this client's" });
  else if (pinned === null)
    trace.steps.push({ step: "pin", text: `the pin to ${pin.cluster} is broken: the client moves once and stays` });
  else {
    note(
      trace,
      pin.cluster,
      "pin",
      pinned.draining ? "the client is pinned here until the drain's deadline" : "the client is pinned here",
    );
  }
}
