/** Follows one zone: when to read it again, what its state is, and what is news about it. */
import { causeOf } from "../core/cause.ts";
import type { DesiredZone } from "../core/dns/desired.ts";
import { tellPlan, type ZoneCounts, type ZoneStatus } from "../core/dns/zone-status.ts";
import type { HealthEvent } from "../core/health/model.ts";
import { canonicalJson } from "../core/snapshot/canonical.ts";
import type { Store } from "../store/store.ts";
import type { DnsApplyReport } from "./dns-apply.ts";
import { applyOneZone, planOneZone, type PlanZoneDeps, type PlannedZone, type ZoneAccess } from "./dns-zone.ts";
import { changeOrders } from "./interventions.ts";
import { newest } from "./newest.ts";

export type ZoneNews = Pick<HealthEvent, "what" | "subject" | "cause">;

export interface ZoneOrders extends Pick<PlanZoneDeps, "isExplained" | "approved" | "adopt"> {
  /** Grows with each change of what explains removals. */
  readonly explained: number;
}

export interface FollowDeps {
  readonly store: Store;
  readonly orders: Store;
  readonly writer: string;
  readonly settings: { readonly ttlSeconds: number };
  readonly digest: (text: string) => Promise<string>;
  readonly now: () => number;
  readonly onNews: (news: ZoneNews) => void;
}

export interface FollowedZone {
  readonly access: ZoneAccess;
  readonly counts: ZoneCounts;
  status(): ZoneStatus;
  /** Whether the zone held records at a name when it was read last; null when it never was. */
  holds(name: string): boolean | null;
  /** Takes note of what is wanted now; never waits. The zone is read when there is reason to, the newest wish counts. */
  offer(desired: DesiredZone, orders: ZoneOrders): void;
  /** Nothing can be done at the moment. */
  fail(cause: string): void;
  /** Resolves when nothing that was offered so far is left to do. */
  settled(): Promise<void>;
}

/** A zone that is in step is read again so often: somebody may have changed it by hand. */
const RESYNC_MS = 60_000;
const RETRY = { firstMs: 2000, mostMs: 60_000 };

export function followZone(access: ZoneAccess, deps: FollowDeps): FollowedZone {
  const { settings, provider } = access;
  const counts: ZoneCounts = { applied: 0, overtaken: 0, refused: 0, failed: 0 };
  let status: ZoneStatus = {
    zone: settings.name,
    visibility: settings.visibility,
    provider: provider.name,
    state: "pending",
    cause: "it was not read yet",
    readAtMs: null,
    changedAtMs: null,
    wanted: 0,
    conflicts: [],
    held: [],
    approval: null,
  };
  let asked = "";
  let held: ReadonlySet<string> | null = null;
  let dueMs = 0;
  let failures = 0;

  const become = (next: ZoneStatus): readonly ZoneNews[] => {
    const before = status;
    status = next;
    const isSame = before.state === next.state && before.cause === next.cause && before.approval === next.approval;
    if (isSame) return [];
    if (next.state === "failing") return [news("dns-failing", next.cause ?? "")];
    if (next.state === "held")
      return [news("dns-held", `${next.held.length} changes, until: portolan approve ${next.approval}`)];
    return before.state === "failing" ? [news("dns-in-step", "it can be written again")] : [];
  };
  const news = (what: ZoneNews["what"], cause: string): ZoneNews => ({ what, subject: settings.name, cause });
  const fail = (cause: string): readonly ZoneNews[] => {
    failures += 1;
    dueMs = deps.now() + Math.min(RETRY.mostMs, RETRY.firstMs * 2 ** Math.min(failures - 1, 10));
    return become({ ...status, state: "failing", cause });
  };

  const tell = (list: readonly ZoneNews[]) => {
    for (const one of list) deps.onNews(one);
  };
  const following = newest(async ([desired, orders]: readonly [DesiredZone, ZoneOrders]) =>
    tell(await follow(desired, orders)),
  );
  return {
    access,
    counts,
    status: () => status,
    holds: (name) => held?.has(name) ?? null,
    fail: (cause) => tell(fail(cause)),
    offer: (desired, orders) => following.offer([desired, orders]),
    settled: following.settled,
  };

  async function follow(desired: DesiredZone, orders: ZoneOrders): Promise<readonly ZoneNews[]> {
    const question = canonicalJson([
      desired.sets,
      desired.keep,
      orders.approved,
      [...orders.adopt].sort(),
      orders.explained,
    ]);
    if (question === asked && deps.now() < dueMs) return [];
    // While it fails, a new wish changes nothing about the wait.
    if (failures > 0 && deps.now() < dueMs) return [];
    asked = question;
    try {
      const planned = await planOneZone(access, desired, {
        ...deps,
        ...orders,
        ttlSeconds: deps.settings.ttlSeconds,
      });
      const readAtMs = deps.now();
      const names = new Set(planned.current.map(({ name }) => name));
      held = names;
      const told = { ...tellPlan(planned.plan), approval: planned.approval, wanted: desired.sets.length, readAtMs };
      status = { ...status, wanted: told.wanted, readAtMs };
      // Also without changes: what an earlier run has announced and not reported on is found here.
      const report = await applyOneZone(access, planned, deps);
      for (const name of emptiedBy(report)) names.delete(name);
      if (planned.approvedBy !== null && isAllApplied(report)) await spend(deps.orders, planned.approvedBy);
      return judge(planned, report, told);
    } catch (error) {
      return fail(causeOf(error));
    }
  }

  function judge(planned: PlannedZone, report: DnsApplyReport, told: Partial<ZoneStatus>): readonly ZoneNews[] {
    const done = { applied: 0, overtaken: 0, refused: 0, failed: 0 };
    for (const { outcome } of report.outcomes) done[outcome.status] += 1;
    for (const key of ["applied", "overtaken", "refused", "failed"] as const) counts[key] += done[key];
    const next = { ...status, ...told, changedAtMs: done.applied > 0 ? deps.now() : status.changedAtMs, cause: null };
    const changed = done.applied > 0 ? [news("dns-changed", changeText(report))] : [];
    if (report.status !== "done") {
      dueMs = deps.now() + RETRY.firstMs;
      return [...changed, ...become({ ...next, state: "busy", cause: `"${report.by ?? "another writer"}" is at it` })];
    }
    const problem = report.outcomes.find(({ outcome }) => outcome.status === "refused" || outcome.status === "failed");
    if (problem !== undefined && problem.outcome.status !== "applied") {
      const more = done.refused + done.failed - 1;
      return [...changed, ...failAfter(next, `${problem.outcome.message}${more === 0 ? "" : `, and ${more} more`}`)];
    }
    failures = 0;
    // Somebody was faster: the next look plans on what they left.
    dueMs = deps.now() + (done.overtaken > 0 ? 0 : RESYNC_MS);
    const state = planned.plan.held.length > 0 ? "held" : done.overtaken > 0 ? "pending" : "in-step";
    return [...changed, ...become({ ...next, state })];
  }

  function failAfter(next: ZoneStatus, cause: string): readonly ZoneNews[] {
    status = { ...next, state: status.state, cause: status.cause };
    return fail(cause);
  }
}

/** Names that hold nothing any more. */
function emptiedBy({ outcomes }: DnsApplyReport): readonly string[] {
  return outcomes.flatMap(({ change, outcome }) =>
    outcome.status === "applied" && !change.after.some(({ name }) => name === change.name) ? [change.name] : [],
  );
}

function isAllApplied(report: DnsApplyReport): boolean {
  return report.status === "done" && report.outcomes.every(({ outcome }) => outcome.status === "applied");
}

/** An approval is for one removal, once: the same names vanishing again next month is another question. */
async function spend(store: Store, hash: string): Promise<void> {
  await changeOrders(store, (current) => ({ ...current, approved: current.approved.filter((one) => one !== hash) }));
}

function changeText({ outcomes }: DnsApplyReport): string {
  const names = [
    ...new Set(outcomes.flatMap(({ change, outcome }) => (outcome.status === "applied" ? [change.name] : []))),
  ];
  const more = names.length > 3 ? ` and ${names.length - 3} more names` : "";
  const [first] = outcomes;
  const why = names.length === 1 && first !== undefined ? `: ${first.change.reason}` : "";
  return `${names.slice(0, 3).join(", ")}${more}${why}`;
}
