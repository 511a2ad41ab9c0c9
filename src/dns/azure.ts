/**
 * Azure DNS over its management API, public and private zones of one resource group. One record set is one request,
 * and carries its fence: `If-Match` with the etag that was read, or `If-None-Match: *` for a set that must not be there.
 * Two sets are never written together, so that the ownership TXT goes first (who loses the race for a name loses it
 * there, before any record was touched), and what was written of a change that cannot be finished is taken back.
 *
 * Azure has no policies inside a zone: weights, places and bias belong to Traffic Manager, which Portolan does not use.
 * Limits kept: 1,000 writes and 10,000 reads in five minutes, 20 records in a set.
 */
import { causeOf } from "../core/cause.ts";
import { PLAIN_RECORDS } from "../core/dns/capabilities.ts";
import { subjectOfRegistry } from "../core/dns/registry.ts";
import { type DnsCapabilities, type DnsChange, type RecordSet, recordKey, type Zone } from "../core/dns/records.ts";
import { list as listOf, orDefault, parse, type Read, record, text } from "../core/snapshot/guard.ts";
import { type AzureSet, readAzureSet, relativeName, setFromAzure, setToAzure } from "./azure/records.ts";
import { type HttpAnswer, type HttpRequest, requestOnce } from "./http.ts";
import { applyInside } from "./inside-zone.ts";
import { type Attempt, PATIENCE, type Patience, patiently, realTime, type Time, tokenBucket } from "./pace.ts";
import { APPLIED, type ChangeOutcome, type DnsProvider } from "./provider.ts";
import { sameSet, sortByKey, sortZones, standing, type Step, stepsOf } from "./standing.ts";
import type { TokenSource } from "./token.ts";

export interface AzureOptions {
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly token: TokenSource;
  readonly baseUrl?: string;
  readonly timeoutMs?: number;
  readonly time?: Time;
  readonly patience?: Patience;
}

const VERSION = { public: "2018-05-01", private: "2018-09-01" } as const;
const PAGE = 500;

/** What a zone was seen to hold, by `recordKey`: the etags are the fence of the next write. */
type Seen = Map<string, AzureSet>;

export function azureDns(options: AzureOptions): DnsProvider {
  const { subscription, resourceGroup, token, baseUrl = "https://management.azure.com" } = options;
  const { time = realTime, patience = PATIENCE, timeoutMs = 30_000 } = options;
  const writes = tokenBucket({ burst: 100, perSecond: 3 }, time);
  const reads = tokenBucket({ burst: 500, perSecond: 30 }, time);
  const group = `/subscriptions/${encodeURIComponent(subscription)}/resourceGroups/${encodeURIComponent(resourceGroup)}`;
  const seenOf = new Map<string, Seen>();

  async function call(
    method: HttpRequest["method"],
    url: string,
    body: unknown = null,
    fence: Readonly<Record<string, string>> = {},
  ): Promise<Attempt<HttpAnswer>> {
    const bucket = method === "GET" ? reads : writes;
    return await patiently(
      async () => {
        try {
          const headers = { authorization: `Bearer ${await token()}`, "content-type": "application/json", ...fence };
          return await requestOnce({ method, url, headers, body, timeoutMs }, bucket);
        } catch (error) {
          return { done: false, cause: causeOf(error), retryAfterMs: null };
        }
      },
      time,
      patience,
    );
  }

  async function getAll<T>(what: string, first: string, read: Read<T>): Promise<readonly T[]> {
    const all: T[] = [];
    for (let url = first; url !== ""; ) {
      const result = await call("GET", url);
      if (!result.done) throw new Error(`${what}: ${result.cause}`);
      if (result.value.status !== 200) throw new Error(`${what}: ${messageOf(result.value)}`);
      const page = record({ value: listOf(read, 10_000), nextLink: orDefault(text(8192), "") });
      const parsed = parse(page, JSON.stringify(result.value.body));
      if (!parsed.ok) throw new Error(`${what}: the answer is not what the API promises: ${parsed.problem}`);
      all.push(...parsed.value.value);
      url = parsed.value.nextLink;
      // A page elsewhere would be asked for with our token.
      if (url !== "" && !url.startsWith(`${baseUrl}/`)) throw new Error(`${what}: the next page is at another server`);
    }
    return all;
  }

  async function list(zone: Zone): Promise<readonly RecordSet[]> {
    const what = `Cannot list the zone "${zone.name}" (${zone.id}) of Azure DNS`;
    const all = zone.visibility === "public" ? "all" : "ALL";
    const url = `${baseUrl}${zone.id}/${all}?$top=${PAGE}&api-version=${VERSION[zone.visibility]}`;
    const pairs = (await getAll(what, url, readAzureSet)).map((raw) => ({ raw, set: setFromAzure(raw, zone) }));
    seenOf.set(zone.id, new Map(pairs.map(({ raw, set }) => [recordKey(set), raw])));
    return sortByKey(pairs.map(({ set }) => set));
  }

  /** One set as it stands now, or null. Rejects when nobody knows. */
  async function look(zone: Zone, key: string, seen: Seen): Promise<RecordSet | null> {
    const what = `Cannot read "${nameOf(key)}" in the zone "${zone.name}" of Azure DNS`;
    const result = await call("GET", urlOf(zone, key));
    if (!result.done) throw new Error(`${what}: ${result.cause}`);
    if (result.value.status === 404) {
      seen.delete(key);
      return null;
    }
    const parsed = parse(readAzureSet, JSON.stringify(result.value.body));
    if (result.value.status !== 200 || !parsed.ok) throw new Error(`${what}: ${messageOf(result.value)}`);
    seen.set(key, parsed.value);
    return setFromAzure(parsed.value, zone);
  }

  /** One write, under the fence of what was seen; what became of it is looked up where the answer does not say. */
  async function write(zone: Zone, { key, to }: Step, seen: Seen): Promise<ChangeOutcome> {
    const what = `Cannot change "${nameOf(key)}" in the zone "${zone.name}" of Azure DNS`;
    const standing = seen.get(key) ?? null;
    const fence: Readonly<Record<string, string>> =
      standing === null ? { "if-none-match": "*" } : { "if-match": standing.etag };
    const body = to === null ? null : setToAzure(to, standing);
    const result = await call(to === null ? "DELETE" : "PUT", urlOf(zone, key), body, fence);
    if (!result.done) return { status: "failed", message: `${what}: ${result.cause}` };
    const { status } = result.value;
    if (status === 200 || status === 201 || status === 204) {
      const parsed = parse(readAzureSet, JSON.stringify(result.value.body));
      if (to === null) seen.delete(key);
      else if (parsed.ok) seen.set(key, parsed.value);
      return APPLIED;
    }
    const message = `${what}: ${messageOf(result.value)}`;
    if (status === 412) return { status: "overtaken", message };
    return { status: [400, 404, 409].includes(status) ? "refused" : "failed", message };
  }

  async function applyOne(zone: Zone, change: DnsChange, seen: Seen): Promise<ChangeOutcome> {
    const undo: Step[] = [];
    for (let tries = 1; ; tries += 1) {
      // A condition has no request of its own, and what was never seen, or is seen to differ, is looked at.
      const current = new Map<string, RecordSet>();
      for (const step of stepsOf(change)) {
        const known = seen.get(step.key);
        const isCondition = sameSet(step.from, step.to);
        const isAsSeen = known !== undefined && sameSet(setFromAzure(known, zone), step.from);
        const isNew = known === undefined && step.from === null && change.action === "create" && tries === 1;
        const set = isNew
          ? null
          : isAsSeen && !isCondition && tries === 1
            ? step.from
            : await look(zone, step.key, seen);
        if (set !== null) current.set(step.key, set);
      }
      const stands = standing(change, current, "record-set");
      if (stands.state === "done") return APPLIED;
      const outcome =
        stands.state === "overtaken" ? { status: stands.state, message: stands.message } : await writeAll(current);
      if (outcome.status === "applied") return outcome;
      // The etag of a set that says the same may have changed, and a lost answer leaves our own behind: one more look.
      if (outcome.status === "overtaken" && stands.state === "open" && tries === 1) continue;
      if (outcome.status !== "failed") for (const step of undo.toReversed()) await write(zone, step, seen);
      return outcome;
    }

    async function writeAll(current: ReadonlyMap<string, RecordSet>): Promise<ChangeOutcome> {
      const open = stepsOf(change).filter((step) => !sameSet(current.get(step.key) ?? null, step.to));
      for (const step of inOrder(open)) {
        const outcome = await write(zone, step, seen);
        if (outcome.status !== "applied") return outcome;
        const from = current.get(step.key) ?? null;
        undo.push({ key: step.key, from: step.to, to: from });
      }
      return APPLIED;
    }
  }

  function urlOf(zone: Zone, key: string): string {
    const [name = "", type = ""] = key.split("\t");
    const relative = encodeURIComponent(relativeName(name, zone));
    return `${baseUrl}${zone.id}/${type}/${relative}?api-version=${VERSION[zone.visibility]}`;
  }

  return {
    name: `azure ${resourceGroup}`,
    capabilities: CAPABILITIES,
    list,
    async zones() {
      const kinds = [
        ["public", "dnsZones"],
        ["private", "privateDnsZones"],
      ] as const;
      const zones: Zone[] = [];
      for (const [visibility, kind] of kinds) {
        const url = `${baseUrl}${group}/providers/Microsoft.Network/${kind}?api-version=${VERSION[visibility]}`;
        const what = `Cannot list the ${visibility} zones of Azure DNS`;
        const found = await getAll(what, url, record({ id: text(2048), name: text() }));
        zones.push(...found.map(({ id, name }) => ({ id, name: name.toLowerCase(), visibility })));
      }
      return sortZones(zones);
    },
    async apply(zone, changes) {
      return await applyInside(zone, changes, async (inside) => {
        const seen: Seen = seenOf.get(zone.id) ?? new Map<string, AzureSet>();
        seenOf.set(zone.id, seen);
        const outcomes = new Map<DnsChange, ChangeOutcome>();
        for (const change of inside) {
          const message = (error: unknown): ChangeOutcome => ({ status: "failed", message: causeOf(error) });
          outcomes.set(change, await applyOne(zone, change, seen).catch(message));
        }
        return outcomes;
      });
    },
  };
}

/** The TXT of the name first, then what is new, what changes, and what goes; a CNAME never stands beside others. */
function inOrder(steps: readonly Step[]): readonly Step[] {
  const removesAt = new Set(steps.filter((step) => step.to === null).map(({ key }) => nameOf(key)));
  const hasCname = new Set(steps.filter(({ key }) => typeOf(key) === "CNAME").map(({ key }) => nameOf(key)));
  const rank = ({ key, from, to }: Step): number => {
    if (to === null) return 3;
    if (subjectOfRegistry(nameOf(key)) !== null) return 0;
    if (removesAt.has(nameOf(key)) && hasCname.has(nameOf(key))) return 4;
    return from === null ? 1 : 2;
  };
  const removed = steps.filter((step) => step.to === null);
  const made = steps.filter((step) => step.to !== null).toSorted((a, b) => rank(a) - rank(b));
  // The TXT says whose the others are, and so goes after them.
  const gone = removed.toSorted((a, b) => isRegistry(a) - isRegistry(b));
  return [...made.filter((step) => rank(step) < 3), ...gone, ...made.filter((step) => rank(step) > 3)];
}

function isRegistry({ key }: Step): number {
  return subjectOfRegistry(nameOf(key)) === null ? 0 : 1;
}

function nameOf(key: string): string {
  return key.split("\t")[0] ?? "";
}

function typeOf(key: string): string {
  return key.split("\t")[1] ?? "";
}

function messageOf({ status, body }: HttpAnswer): string {
  return `HTTP ${status}: ${body === null ? "no reason" : JSON.stringify(body).slice(0, 2000)}`;
}

const CAPABILITIES: DnsCapabilities = {
  ...PLAIN_RECORDS,
  provider: "Azure DNS",
  atomicity: "record-set",
  fence: "exact",
  minTtlSeconds: 1,
  maxValues: 20,
};
