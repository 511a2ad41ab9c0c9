/**
 * Carries out the plan of one zone: announce, apply, report, some thousand changes at a time (DESIGN.md rule 5). A crash
 * at any moment leaves either nothing announced, or announced changes whose fate the zone itself tells; both are found
 * by the next run, by whomever.
 *
 * Two controls: the announcement is a compare-and-set of the journal's head, so the second one sees the first and
 * leaves the zone alone for as long as the first may be alive (`leaseMs`). That only saves work. What fences is the
 * provider: an exact one refuses the loser of a race change by change. An unfenced one cannot, and its last writer wins.
 */
import type { DnsChange, DnsPlan } from "../core/dns/records.ts";
import type { ChangeOutcome, DnsProvider } from "../dns/provider.ts";
import { byKey, standing } from "../dns/standing.ts";
import type { Store } from "../store/store.ts";
import { type DnsJournal, dnsJournal, type JournalHead, type LoggedChange, type VersionedHead } from "./dns-journal.ts";

export interface DnsApplyDeps {
  readonly provider: DnsProvider;
  readonly store: Store;
  /** Name of this control; the same after a restart. */
  readonly writer: string;
  /** Wall clock in milliseconds. */
  readonly now: () => number;
  /** How long another writer's announcement is respected. Longer than any apply of `changesAtOnce` takes. */
  readonly leaseMs?: number;
  readonly changesAtOnce?: number;
}

export interface DnsApplyReport {
  /** `busy`: another writer has announced changes. `taken-over`: another writer did so while we were at it; we stopped. */
  readonly status: "done" | "busy" | "taken-over";
  /** Writer that is in the way, or null. */
  readonly by: string | null;
  /** In the order of the plan; shorter than the plan unless the status is `done`. */
  readonly outcomes: readonly { readonly change: DnsChange; readonly outcome: ChangeOutcome }[];
  /** What an earlier run had announced and not reported on, and what became of it. */
  readonly resumed: readonly LoggedChange[];
}

const LEASE_MS = 600_000;
const AT_ONCE = 2000;

/** Applies the plan's changes; its held ones and its conflicts are not touched. Rejects when the store or a list fails. */
export async function applyDnsPlan(plan: DnsPlan, deps: DnsApplyDeps): Promise<DnsApplyReport> {
  const { provider, store, writer, now, leaseMs = LEASE_MS, changesAtOnce = AT_ONCE } = deps;
  const journal = await dnsJournal(store, provider.name, plan.zone);
  const found = await journal.readHead();
  const { open } = found.head;
  const report = { by: null, outcomes: [], resumed: [] };
  if (open !== null && open.writer !== writer && now() < open.startedMs + leaseMs) {
    return { ...report, status: "busy", by: open.writer };
  }
  const resumed = open === null ? [] : await findOut(open.changes, plan, provider);
  let state: VersionedHead | null = found;
  if (open !== null) {
    const entry = {
      format: 1,
      writer: open.writer,
      startedMs: open.startedMs,
      endedMs: now(),
      isResumed: true,
    } as const;
    await journal.writeLog(found.head.sequence + 1, { ...entry, changes: resumed });
    state = await move(journal, found, { ...found.head, sequence: found.head.sequence + 1, open: null });
  }
  const outcomes: { change: DnsChange; outcome: ChangeOutcome }[] = [];
  for (let from = 0; state !== null && from < plan.changes.length; from += changesAtOnce) {
    const changes = plan.changes.slice(from, from + changesAtOnce);
    const startedMs = now();
    state = await move(journal, state, { ...state.head, open: { writer, startedMs, changes } });
    if (state === null) break;
    const results = await provider.apply(plan.zone, changes);
    const logged = changes.map((change, index) => logOf(change, results[index]));
    outcomes.push(...changes.map((change, index) => ({ change, outcome: results[index] ?? NO_OUTCOME })));
    const entry = { format: 1, writer, startedMs, endedMs: now(), isResumed: false } as const;
    const sequence: number = state.head.sequence + 1;
    await journal.writeLog(sequence, { ...entry, changes: logged });
    state = await move(journal, state, { ...state.head, sequence, open: null });
  }
  if (state !== null) return { status: "done", by: null, outcomes, resumed };
  const { head } = await journal.readHead();
  return { status: "taken-over", by: head.open?.writer ?? null, outcomes, resumed };
}

const NO_OUTCOME: ChangeOutcome = {
  status: "failed",
  message: "Cannot tell what became of it: the provider did not say",
};

async function move(journal: DnsJournal, from: VersionedHead, head: JournalHead): Promise<VersionedHead | null> {
  const version = await journal.writeHead(head, from.version);
  return version === null ? null : { head, version };
}

/** What became of changes whose writer is gone, as the zone tells. */
async function findOut(changes: readonly DnsChange[], plan: DnsPlan, provider: DnsProvider): Promise<LoggedChange[]> {
  const current = byKey(await provider.list(plan.zone));
  return changes.map((change) => {
    const stands = standing(change, current, provider.capabilities.atomicity);
    if (stands.state === "done") return { change, status: "applied", message: null };
    if (stands.state === "open") return { change, status: "not-applied", message: "its writer was gone before" };
    return { change, status: "overtaken", message: stands.message };
  });
}

function logOf(change: DnsChange, outcome: ChangeOutcome = NO_OUTCOME): LoggedChange {
  return {
    change,
    status: outcome.status,
    message: outcome.status === "applied" ? null : outcome.message.slice(0, 8192),
  };
}
