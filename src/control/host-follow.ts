/**
 * Follows the hosts at one edge's platform: when to list them again, what to attach and detach, what is known. The
 * memory is written, by compare-and-set, before the platform is asked: a control function that is killed in between
 * finds what it was about to do, and one that lost the race does nothing. Of two that read one after the other both may
 * act: the contract of `attach` and `detach` makes that harmless.
 */
import { causeOf } from "../core/cause.ts";
import type { HostStatus } from "../core/hosts/host-status.ts";
import { type EdgeHosts, type Move, mayMove } from "../core/hosts/may-move.ts";
import { type HostMemory, type HostsInput, NO_HOSTS, planHosts } from "../core/hosts/plan.ts";
import { canonicalJson } from "../core/snapshot/canonical.ts";
import type { HostOutcome, HostProvider } from "../hosts/host-provider.ts";
import type { Store } from "../store/store.ts";
import { readHostMemory, type StoredHosts, writeHostMemory } from "./host-memory.ts";
import { newest } from "./newest.ts";

/** An edge whose hosts have to be there before DNS may lead to it. */
export interface HostedEdge {
  readonly edge: string;
  /** Hosts and wildcards that it answers from the start. */
  readonly declared: readonly string[];
  /** Null where nobody attaches hosts. */
  readonly provider: HostProvider | null;
}

export type HostsWish = Pick<HostsInput, "wanted" | "isExplained" | "isPointed" | "graceMs">;

export interface HostFollowDeps {
  readonly store: Store;
  readonly now: () => number;
  /** Something that DNS or a person waits for has changed. */
  readonly onChange: () => void;
  readonly log: (line: string) => void;
}

export interface FollowedHosts {
  readonly edge: string;
  /** Of the hosts that were wanted last, and of ours that leave. */
  status(): readonly HostStatus[];
  move(host: string): Move;
  /** Takes note of what is wanted now; never waits. */
  offer(wish: HostsWish): void;
  settled(): Promise<void>;
}

/** What is in step is read for what others did. */
const RESYNC_MS = 60_000;
/** A platform validates within seconds, or takes hours. */
const WAITING = { firstMs: 2000, mostMs: 30_000 };
const RETRY = { firstMs: 2000, mostMs: 60_000 };

function delay({ firstMs, mostMs }: typeof RETRY, times: number): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(times, 10));
}

export function followHosts({ edge, declared, provider }: HostedEdge, deps: HostFollowDeps): FollowedHosts {
  let wanted: readonly string[] = [];
  let known: EdgeHosts = { declared, attached: null, served: new Set(), isAttached: provider !== null };
  let memory: HostMemory = NO_HOSTS;
  let refused: ReadonlyMap<string, string> = new Map();
  let asked = "";
  let dueMs = 0;
  let failures = 0;
  let waits = 0;
  let failure: string | null = null;

  const move = (host: string): Move => {
    const found = mayMove(host, known);
    if (found.state !== "missing" && found.state !== "unknown") return found;
    const why = refused.get(host) ?? failure;
    return why === null ? found : { ...found, waitsFor: `${found.waitsFor}: ${why}` };
  };
  const status = (): readonly HostStatus[] => {
    const all = new Set(wanted);
    const leaving = memory.ours.filter(({ host }) => !all.has(host));
    return [
      ...wanted.map((host): HostStatus => {
        const { may, ...rest } = move(host);
        return { host, edge, moves: may, ...rest };
      }),
      ...leaving.map(({ host, freeSinceMs }): HostStatus => {
        const what = freeSinceMs === null ? "DNS to move away, for a reason that was seen" : "resolvers to forget it";
        return { host, edge, moves: "unknown", state: "leaving", waitsFor: what, needs: [] };
      }),
    ];
  };

  async function follow(wish: HostsWish): Promise<void> {
    const before = canonicalJson(status());
    ({ wanted } = wish);
    const question = canonicalJson(wanted);
    const isNew = question !== asked;
    // While it fails, a new wish changes nothing about the wait.
    if (provider !== null && ((isNew && failures === 0) || deps.now() >= dueMs)) {
      asked = question;
      try {
        const isWaiting = await round(provider, wish);
        failures = 0;
        failure = null;
        if (isNew || canonicalJson(status()) !== before) waits = 0;
        dueMs = deps.now() + (isWaiting ? delay(WAITING, waits) : RESYNC_MS);
        waits += 1;
      } catch (error) {
        dueMs = deps.now() + delay(RETRY, failures);
        failures += 1;
        // Told once, until it changes; the status has it all the time.
        if (failure !== causeOf(error)) deps.log(`Cannot follow the hosts of edge "${edge}": ${causeOf(error)}`);
        failure = causeOf(error);
      }
    }
    if (canonicalJson(status()) !== before) deps.onChange();
  }

  /** True while something is under way. Rejects when the platform or the store cannot be read. */
  async function round(platform: HostProvider, wish: HostsWish): Promise<boolean> {
    const listed = await platform.list();
    const stored = await readHostMemory(deps.store, edge);
    const plan = planHosts({ ...wish, listed, declared, memory: stored.memory, nowMs: deps.now() });
    let written = await remember(stored, plan.memory);
    const said = new Map<string, string>();
    const kept = new Set(plan.memory.ours.map(({ host }) => host));
    for (const host of plan.attach) {
      const outcome = await platform.attach(host);
      note(said, host, outcome, "attach");
      // A lost answer may have been a yes: only what was refused is not ours.
      if (outcome.status === "refused") kept.delete(host);
    }
    for (const host of plan.detach) note(said, host, await platform.detach(host), "detach");
    refused = said;
    if (kept.size < plan.memory.ours.length) {
      const ours = plan.memory.ours.filter(({ host }) => kept.has(host));
      written = await remember(written, { ...plan.memory, ours });
    }
    ({ memory } = written);
    const attached = plan.attach.length + plan.detach.length > 0 ? await platform.list() : listed;
    const states = new Map(attached.map(({ host, state }) => [host, state]));
    known = { ...known, attached: states, served: new Set(memory.served) };
    const all = new Set(wanted);
    return said.size > 0 || memory.ours.some(({ host }) => !all.has(host)) || wanted.some(isUnderWay);
  }

  const isUnderWay = (host: string): boolean => {
    const { state } = move(host);
    return state === "waiting" || state === "missing";
  };

  async function remember(stored: StoredHosts, next: HostMemory): Promise<StoredHosts> {
    if (canonicalJson(stored.memory) === canonicalJson(next)) return stored;
    const written = await writeHostMemory(deps.store, edge, { memory: next, version: stored.version });
    if (written === null) throw new Error("another control function is at it");
    return written;
  }

  function note(said: Map<string, string>, host: string, outcome: HostOutcome, what: string): void {
    if (outcome.status === "done") {
      deps.log(`edge "${edge}": ${what}ed "${host}"`);
      return;
    }
    said.set(host, outcome.message);
    if (refused.get(host) !== outcome.message) {
      deps.log(`Cannot ${what} "${host}" at edge "${edge}": ${outcome.message}`);
    }
  }

  const work = newest(follow);
  return { edge, status, move, offer: work.offer, settled: work.settled };
}
