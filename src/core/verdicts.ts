/**
 * What health says about the members of a prepared backend. Availability first, weight second (DESIGN.md rule 8).
 * Verdicts of one health view are made once and kept; ejections change by the moment and are laid over them.
 */
import type { HealthView } from "./health/view.ts";
import type { Exclusion } from "./decision.ts";
import type { Origin } from "./model.ts";
import type { Member, Prepared } from "./prepared.ts";
import type { Out, Verdicts } from "./verdict.ts";

/** Verdicts that hold as long as the view does; `fresh` is whether its overlay has not expired. */
export function viewVerdicts(prepared: Prepared, health: HealthView, fresh: boolean): Verdicts {
  const judged = prepared.members.map((member) => judgeMember(member, health, { fresh, ejected: null }));
  return collect(prepared, judged);
}

/** The verdicts of this moment: those of the view, less what is ejected now. */
export function currentVerdicts(prepared: Prepared, base: Verdicts, health: HealthView, at: Moment): Verdicts {
  if (health.ejections.size === 0) return base;
  const out: Out[] = [];
  for (const [key, ejection] of health.ejections) {
    if (at.nowMs < ejection.untilMs && prepared.byKey.has(key)) out.push([key, ejection]);
  }
  if (out.length === 0) return base;
  const known = prepared.ejected;
  if (known !== null && known.base === base && isSame(known.out, out)) return known.verdicts;
  const verdicts = withoutEjected(prepared, base, health, { at, out });
  prepared.ejected = { base, out, verdicts };
  return verdicts;
}

function isSame(before: readonly Out[], now: readonly Out[]): boolean {
  return before.length === now.length && before.every(([key, one], at) => now[at]?.[0] === key && now[at][1] === one);
}

function withoutEjected(
  prepared: Prepared,
  base: Verdicts,
  health: HealthView,
  { at, out }: { readonly at: Moment; readonly out: readonly Out[] },
): Verdicts {
  const touched = new Set(out.flatMap(([key]) => prepared.byKey.get(key) ?? []));
  const judged = prepared.members.map((member, index): Judged => {
    if (touched.has(index)) return judgeMember(member, health, { fresh: at.fresh, ejected: at.nowMs });
    return {
      trouble: base.trouble[index] ?? null,
      origins: base.origins[index] ?? [],
      ready: base.ready[index] ?? 1,
      returnedAtMs: base.returnedAtMs[index] ?? -1,
    };
  });
  return collect(prepared, judged);
}

export interface Moment {
  readonly nowMs: number;
  readonly fresh: boolean;
}

interface Judged {
  readonly trouble: Exclusion | null;
  readonly origins: readonly Origin[];
  readonly ready: number;
  readonly returnedAtMs: number;
}

/** One member; `ejected` is the time at which ejections are looked at, null to leave them out. */
export function judgeMember(
  member: Member,
  health: HealthView,
  { fresh, ejected }: { readonly fresh: boolean; readonly ejected: number | null },
): Judged {
  const name = member.cluster.name;
  const counts = fresh ? health.backends.get(member.backendKey) : undefined;
  const ready = counts === undefined || counts.total === 0 ? 1 : counts.ready / counts.total;
  const out = (code: Exclusion["code"], reason: string): Judged => ({
    trouble: { cluster: name, code, reason },
    origins: member.origins,
    ready,
    returnedAtMs: -1,
  });
  const down = health.down.get(name);
  if (down !== undefined) return out("down", down);
  if (counts !== undefined && counts.ready === 0) {
    const service = member.backendKey.slice(name.length + 1);
    return out("not-serving", `not serving: 0 of ${counts.total} endpoints of ${service} are ready`);
  }
  // Of the Service alone: others behind the same origin may well serve.
  const checked = fresh ? health.verdicts.get(member.backendKey) : undefined;
  if (checked?.verdict === "down") return out("not-serving", `its health check fails: ${checked.cause}`);
  const out5xx = ejected === null ? undefined : health.ejections.get(member.backendKey);
  if (out5xx !== undefined && (ejected ?? 0) < out5xx.untilMs) return out("ejected", `ejected: ${out5xx.cause}`);
  let cause: string | null = null;
  let returnedAtMs = checked?.verdict === "up" ? checked.sinceMs : -1;
  const usable = member.origins.filter((_, at) => {
    const key = member.originKeys[at] ?? "";
    const verdict = fresh ? health.origins.get(key) : undefined;
    if (verdict?.verdict === "up") returnedAtMs = Math.max(returnedAtMs, verdict.sinceMs);
    const ejection = ejected === null ? undefined : health.ejections.get(key);
    if (ejection !== undefined && (ejected ?? 0) < ejection.untilMs) cause ??= `ejected: ${ejection.cause}`;
    else if (verdict?.verdict === "down") cause ??= `origin down: ${verdict.cause}`;
    else return true;
    return false;
  });
  if (usable.length === 0) return out("ejected", cause ?? "no origin");
  return { trouble: null, origins: usable, ready, returnedAtMs };
}

/** Below this share of the weight, health is doubted (DESIGN.md). */
const PANIC_SHARE = 0.5;

/** Whether too little of the weight of some members is available; `counts` says which members. */
export function isPanic(
  members: readonly Member[],
  trouble: readonly (Exclusion | null)[],
  counts: (member: Member) => boolean,
): boolean {
  let weight = 0;
  let available = 0;
  for (const [at, member] of members.entries()) {
    if (!counts(member)) continue;
    weight += member.terms.weight;
    if (trouble[at] === null) available += member.terms.weight;
  }
  return available < weight * PANIC_SHARE;
}

function collect(prepared: Prepared, judged: readonly Judged[]): Verdicts {
  const trouble = judged.map((one) => one.trouble);
  const excluded = [...prepared.excluded];
  for (const { trouble } of judged) if (trouble !== null) excluded.push(trouble);
  return {
    trouble,
    origins: judged.map((one) => one.origins),
    ready: judged.map((one) => one.ready),
    returnedAtMs: judged.map((one) => one.returnedAtMs),
    latestReturnMs: judged.reduce((latest, one) => Math.max(latest, one.returnedAtMs), -1),
    excluded,
    allAvailable: trouble.every((one) => one === null),
    allReady: judged.every((one) => one.ready === 1),
    panic: isPanic(prepared.members, trouble, () => true),
  };
}
