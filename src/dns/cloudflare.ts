/**
 * Cloudflare DNS over its HTTP API, with a token that may edit the zones' DNS. Unfenced: the API compares nothing. One
 * batch is one transaction of Cloudflare's database, but its name servers learn record by record, so that a plan must
 * not count on two sets appearing together. Values are changed in place where there is one to change.
 *
 * Limits kept: 1,200 requests in five minutes for a user, 200 changes a batch (the free plan's; paid ones have 3,500).
 */
import { PLAIN_RECORDS } from "../core/dns/capabilities.ts";
import { causeOf } from "../core/cause.ts";
import type { DnsCapabilities, DnsChange, RecordSet, Zone } from "../core/dns/records.ts";
import { integer, list as listOf, parse, type Read, record, text } from "../core/snapshot/guard.ts";
import { packBatches } from "./batches.ts";
import {
  type CloudflareRecord,
  type GroupedRecords,
  groupRecords,
  type RecordPart,
  readRecords,
  type WantedRecord,
  wantedRecord,
} from "./cloudflare/records.ts";
import { type HttpAnswer, requestOnce } from "./http.ts";
import { applyInside } from "./inside-zone.ts";
import { type Attempt, PATIENCE, type Patience, patiently, realTime, type Time, tokenBucket } from "./pace.ts";
import type { DnsProvider } from "./provider.ts";
import type { WriteResult } from "./settle.ts";
import { sameSet, sortByKey, sortZones, stepsOf } from "./standing.ts";
import { applyUnfenced } from "./unfenced.ts";

export interface CloudflareOptions {
  readonly token: string;
  readonly baseUrl?: string;
  readonly timeoutMs?: number;
  readonly time?: Time;
  readonly patience?: Patience;
  readonly changesPerBatch?: number;
}

/** Up to so many names are read one by one instead of by a list of the zone. */
const FEW = 3;
const PAGE = 1000;

export function cloudflare(options: CloudflareOptions): DnsProvider {
  const { token, baseUrl = "https://api.cloudflare.com/client/v4", timeoutMs = 30_000 } = options;
  const { time = realTime, patience = PATIENCE, changesPerBatch = 200 } = options;
  const bucket = tokenBucket({ burst: 300, perSecond: 3 }, time);
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const groupedOf = new Map<string, GroupedRecords>();

  async function getAll<T>(path: string, query: string, size: number, read: Read<readonly T[]>): Promise<T[]> {
    const all: T[] = [];
    for (let page = 1; ; page += 1) {
      const url = `${baseUrl}${path}?${query}&page=${page}&per_page=${size}`;
      const result = await patiently(
        () => requestOnce({ method: "GET", url, headers, body: null, timeoutMs }, bucket),
        time,
        patience,
      );
      if (!result.done) throw new Error(result.cause);
      const problem = problemOf(result.value);
      if (problem !== null) throw new Error(problem);
      const parsed = parse(
        record({ result: read, result_info: record({ total_pages: integer() }) }),
        JSON.stringify(result.value.body),
      );
      if (!parsed.ok) throw new Error(`the answer is not what the API promises: ${parsed.problem}`);
      all.push(...parsed.value.result);
      if (page >= parsed.value.result_info.total_pages) return all;
    }
  }

  async function read(zone: Zone, names: ReadonlySet<string> | null): Promise<GroupedRecords> {
    const queries =
      names === null || names.size > FEW ? [""] : [...names].map((name) => `name=${encodeURIComponent(name)}`);
    const records: CloudflareRecord[] = [];
    try {
      for (const query of queries)
        records.push(...(await getAll(`/zones/${zone.id}/dns_records`, query, PAGE, readRecords)));
    } catch (cause) {
      throw new Error(`Cannot list the zone "${zone.name}" (${zone.id}) of Cloudflare: ${causeOf(cause)}`, { cause });
    }
    return groupRecords(records);
  }

  async function send(zone: Zone, batch: readonly DnsChange[], grouped: GroupedRecords): Promise<Attempt<WriteResult>> {
    const body = batchOf(batch, grouped);
    const url = `${baseUrl}/zones/${zone.id}/dns_records/batch`;
    const result = await requestOnce({ method: "POST", url, headers, body, timeoutMs }, bucket);
    if (!result.done) return result;
    const problem = problemOf(result.value);
    if (problem === null) return { done: true, value: { status: "ok" } };
    const message = `Cannot change the zone "${zone.name}" of Cloudflare: ${problem}`;
    const isAboutRecords = result.value.status === 400 || result.value.status === 409 || result.value.status === 422;
    return {
      done: true,
      value: isAboutRecords ? { status: "refused", message, minded: [], again: false } : { status: "failed", message },
    };
  }

  return {
    name: "cloudflare",
    capabilities: CAPABILITIES,
    async zones() {
      const zones = await getAll("/zones", "order=name", 50, readZones).catch((cause: unknown) => {
        throw new Error(`Cannot list the zones of Cloudflare: ${causeOf(cause)}`, { cause });
      });
      return sortZones(zones.map(({ id, name }) => ({ id, name: name.toLowerCase(), visibility: "public" })));
    },
    list: async (zone) => sortByKey((await read(zone, null)).sets.values()),
    apply: (zone, changes) =>
      applyInside(zone, changes, (inside) =>
        applyUnfenced(
          inside,
          {
            async read(some) {
              const names = new Set(some.flatMap(({ before, after }) => [...before, ...after].map((set) => set.name)));
              const grouped = await read(zone, names);
              groupedOf.set(zone.id, grouped);
              return grouped.sets;
            },
            pack: (some) =>
              packBatches(some, costOf, {
                changes: changesPerBatch,
                values: Number.MAX_SAFE_INTEGER,
                bytes: Number.MAX_SAFE_INTEGER,
              }),
            send: (batch) => send(zone, batch, groupedOf.get(zone.id) ?? groupRecords([])),
          },
          { time, patience },
        ),
      ),
  };
}

interface Batch {
  readonly deletes: { readonly id: string }[];
  readonly puts: (WantedRecord & { readonly id: string })[];
  readonly posts: WantedRecord[];
}

/** In the order in which Cloudflare carries a batch out: a CNAME is deleted before an address is posted. */
function batchOf(changes: readonly DnsChange[], grouped: GroupedRecords): Batch {
  const batch: Batch = { deletes: [], puts: [], posts: [] };
  for (const { key, to } of changes.flatMap((change) => stepsOf(change))) {
    const there = grouped.sets.get(key) ?? null;
    if (!sameSet(there, to)) addStep(batch, there, to, grouped.parts.get(key) ?? []);
  }
  return batch;
}

function addStep(batch: Batch, there: RecordSet | null, to: RecordSet | null, parts: readonly RecordPart[]): void {
  const wanted = new Set(to?.values ?? []);
  // A value that stays keeps its record untouched, unless the set changes in more than its values.
  const isSameButValues = to !== null && there !== null && sameSet({ ...there, values: to.values }, to);
  const free = parts.filter((part) => !isSameButValues || !wanted.has(part.value));
  for (const part of parts) if (!free.includes(part)) wanted.delete(part.value);
  const take = (at: number) => (at < 0 ? null : (free.splice(at, 1)[0] ?? null));
  const own = [...wanted].map((value) => ({ value, part: take(free.findIndex((part) => part.value === value)) }));
  for (const { value, part } of own) {
    // Another's record is turned into this one, so that none is gone while another comes.
    const id = (part ?? take(free.length - 1))?.id;
    if (to === null) continue;
    if (id === undefined) batch.posts.push(wantedRecord(to, value));
    else batch.puts.push({ id, ...wantedRecord(to, value) });
  }
  batch.deletes.push(...free.map(({ id }) => ({ id })));
}

function costOf(change: DnsChange) {
  const values = [...change.before, ...change.after].reduce((sum, set) => sum + set.values.length, 0);
  return { changes: values, values: 0, bytes: 0 };
}

const readZones: Read<readonly { readonly id: string; readonly name: string }[]> = listOf(
  record({ id: text(64), name: text(253) }),
  10_000,
);

/** What the API says in its `errors`, or null for success. */
function problemOf({ status, body }: HttpAnswer): string | null {
  const isObject = typeof body === "object" && body !== null;
  if (status === 200 && isObject && "success" in body && body.success === true) return null;
  const errors = isObject && "errors" in body ? JSON.stringify(body.errors).slice(0, 1000) : "no reason";
  return `HTTP ${status}: ${errors}`;
}

const CAPABILITIES: DnsCapabilities = {
  ...PLAIN_RECORDS,
  provider: "Cloudflare",
  atomicity: "record-set",
  fence: "unfenced",
  minTtlSeconds: 60,
};
