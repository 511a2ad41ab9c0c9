/** Three clusters under load, of which the nearest goes bad: what clients see of it. */
import { type Asked, type BadOrigin, badOrigin, steadyLoad, type Trouble, vanishingOrigin } from "./bad-origin.ts";
import { startWorld } from "./world.ts";

export interface TroubleSums {
  /** From the moment of the trouble on. */
  readonly gets: number;
  readonly getErrors: number;
  readonly posts: number;
  readonly postErrors: number;
  /** POSTs that arrived at origins more than once. */
  readonly postsTwice: number;
  /** Added to the median before, in ms; of GETs. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** What origins got, by what was asked; null where an origin cannot count. */
  readonly perOffered: number | null;
}

export interface TroubleFacts {
  readonly perSecond: number;
  readonly calmMs: number;
  readonly troubleMs: number;
  readonly timeoutMs: number;
  /** Of a good answer: what is under way when it begins is this times the pace. */
  readonly latencyMs: number;
  /** All of them, instead of the nearest one. */
  readonly all?: boolean;
}

/** Starts a world, lets it go bad, and counts. */
export async function troubled(trouble: Trouble, facts: TroubleFacts): Promise<TroubleSums> {
  const vanishing = trouble === "black hole";
  const bad = vanishing ? await vanishingOrigin() : await badOrigin(facts.latencyMs);
  const origins = [bad, await badOrigin(facts.latencyMs), await badOrigin(facts.latencyMs)];
  const edge = await startWorld({
    hosts: ["a.example"],
    gateways: origins.map(({ port }) => ({ port })),
    timeoutMs: facts.timeoutMs,
  });
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const load = steadyLoad(edge.url, facts.perSecond);
  await wait(facts.calmMs);
  const troubleMs = performance.now();
  await Promise.all((facts.all === true ? origins : [bad]).map((origin) => origin.turn(trouble)));
  await wait(facts.troubleMs);
  const asked = await load.stop();
  await edge.close();
  for (const origin of origins) await origin.close();
  return sums(asked, troubleMs, vanishing ? null : origins);
}

function sums(asked: readonly Asked[], troubleMs: number, origins: readonly BadOrigin[] | null): TroubleSums {
  const sorted = (list: readonly Asked[]) => list.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  const at = (list: readonly number[], share: number) =>
    list[Math.min(list.length - 1, Math.floor(list.length * share))] ?? 0;
  const base = at(sorted(asked.filter(({ atMs }) => atMs < troubleMs)), 0.5);
  // Those that were under way when it began count as well.
  const during = asked.filter(({ atMs, tookMs }) => atMs + tookMs >= troubleMs);
  const of = (method: string) => during.filter((one) => one.method === method);
  const added = sorted(of("GET")).map((ms) => Math.max(0, ms - base));
  const errors = (list: readonly Asked[]) => list.filter(({ status }) => status !== 200).length;
  const arrived = new Map<string, number>();
  for (const origin of origins ?? [])
    for (const [path, count] of origin.posts) arrived.set(path, (arrived.get(path) ?? 0) + count);
  const all = (origins ?? []).reduce((sum, origin) => sum + origin.arrived(), 0);
  return {
    gets: of("GET").length,
    getErrors: errors(of("GET")),
    posts: of("POST").length,
    postErrors: errors(of("POST")),
    postsTwice: [...arrived.values()].filter((count) => count > 1).length,
    p50Ms: at(added, 0.5),
    p99Ms: at(added, 0.99),
    maxMs: added.at(-1) ?? 0,
    perOffered: origins === null ? null : all / asked.length,
  };
}
