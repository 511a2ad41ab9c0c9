/**
 * Google Cloud DNS over its HTTP API. One change is atomic, and its deletions have to repeat what is there exactly, so
 * that the fence of what is written is the far side's. A set that is only a condition is compared with a look just
 * before: Google does not say what a deletion and an addition of the same set do.
 *
 * Limits kept: 1,000 additions and 1,000 deletions a change, 100,000 bytes of data, ten requests a second. Routing
 * policies of Cloud DNS live inside one set and have no identifiers; sets with one are listed and never written.
 */
import { PLAIN_RECORDS } from "../core/dns/capabilities.ts";
import { causeOf } from "../core/cause.ts";
import { type DnsCapabilities, type DnsChange, type RecordSet, recordKey, type Zone } from "../core/dns/records.ts";
import { list as listOf, parse, type Read, record, text } from "../core/snapshot/guard.ts";
import { packBatches, withoutRepetition } from "./batches.ts";
import { type GoogleSet, readSets, setFromGoogle, setToGoogle } from "./google/records.ts";
import type { TokenSource } from "./token.ts";
import { type HttpAnswer, requestOnce } from "./http.ts";
import { type Attempt, PATIENCE, type Patience, patiently, realTime, type Time, tokenBucket } from "./pace.ts";
import type { ChangeOutcome, DnsProvider } from "./provider.ts";
import { inOrder, settle, type WriteResult } from "./settle.ts";
import { byKey, type RecordMap, sameSet, sortByKey, sortZones, standing, stepsOf } from "./standing.ts";

export interface GoogleOptions {
  readonly project: string;
  readonly token: TokenSource;
  readonly baseUrl?: string;
  readonly timeoutMs?: number;
  readonly time?: Time;
  readonly patience?: Patience;
}

type Letters = ReadonlyMap<string, GoogleSet>;

const LIMITS = { changes: 1000, values: Number.MAX_SAFE_INTEGER, bytes: 100_000 };

export function googleCloudDns(options: GoogleOptions): DnsProvider {
  const { project, token, baseUrl = "https://dns.googleapis.com/dns/v1", timeoutMs = 30_000 } = options;
  const { time = realTime, patience = PATIENCE } = options;
  const bucket = tokenBucket({ burst: 20, perSecond: 9 }, time);
  // A deletion has to repeat the letters in which a set stands, and others write names in their own way.
  const lettersOf = new Map<string, Letters>();
  const zonesUrl = `${baseUrl}/projects/${encodeURIComponent(project)}/managedZones`;

  async function call(method: "GET" | "POST", url: string, body: unknown): Promise<Attempt<HttpAnswer>> {
    const attempt = async (): Promise<Attempt<HttpAnswer>> => {
      try {
        const headers = { authorization: `Bearer ${await token()}`, "content-type": "application/json" };
        return await requestOnce({ method, url, headers, body, timeoutMs }, bucket);
      } catch (error) {
        return { done: false, cause: causeOf(error), retryAfterMs: null };
      }
    };
    return await patiently(attempt, time, patience);
  }

  async function getAll<T>(
    what: string,
    url: string,
    query: string,
    field: string,
    read: Read<readonly T[]>,
  ): Promise<T[]> {
    const all: T[] = [];
    for (let page = ""; ; ) {
      const result = await call("GET", `${url}?${query}${page}`, null);
      if (!result.done) throw new Error(`${what}: ${result.cause}`);
      const { status, body } = result.value;
      if (status !== 200) throw new Error(`${what}: ${messageOf(result.value)}`);
      const parsed = parse(record({ [field]: read, nextPageToken: orEmpty }), JSON.stringify(body));
      if (!parsed.ok) throw new Error(`${what}: the answer is not what the API promises: ${parsed.problem}`);
      all.push(...(parsed.value[field] as readonly T[]));
      const next = parsed.value["nextPageToken"] ?? "";
      if (next === "") return all;
      page = `&pageToken=${encodeURIComponent(next)}`;
    }
  }

  async function list(zone: Zone): Promise<readonly RecordSet[]> {
    const what = `Cannot list the zone "${zone.name}" (${zone.id}) of Cloud DNS`;
    const sets = await getAll(
      what,
      `${zonesUrl}/${encodeURIComponent(zone.id)}/rrsets`,
      "maxResults=1000",
      "rrsets",
      readSets,
    );
    const pairs = sets.map((raw) => ({ raw, set: setFromGoogle(raw) }));
    lettersOf.set(zone.id, new Map(pairs.map(({ raw, set }) => [recordKey(set), raw])));
    return sortByKey(pairs.map(({ set }) => set));
  }

  async function write(zone: Zone, batch: readonly DnsChange[], current: RecordMap): Promise<WriteResult> {
    const what = `Cannot change the zone "${zone.name}" of Cloud DNS`;
    const parts = batch.map((change) => partsOf(change, current, lettersOf.get(zone.id) ?? new Map()));
    const body = {
      additions: parts.flatMap((part) => part.additions),
      deletions: parts.flatMap((part) => part.deletions),
    };
    const result = await call("POST", `${zonesUrl}/${encodeURIComponent(zone.id)}/changes`, body);
    if (!result.done) return { status: "failed", message: `${what}: ${result.cause}` };
    if (result.value.status === 200) return { status: "ok" };
    const message = `${what}: ${messageOf(result.value)}`;
    const isAboutRecords = [400, 404, 409, 412].includes(result.value.status) && message.includes("entity.change");
    return isAboutRecords
      ? { status: "refused", message, minded: mindedBy(message, batch, parts), again: result.value.status === 412 }
      : { status: "failed", message };
  }

  return {
    name: `google ${project}`,
    capabilities: CAPABILITIES,
    list,
    async zones() {
      const zones = await getAll(
        "Cannot list the zones of Cloud DNS",
        zonesUrl,
        "maxResults=500",
        "managedZones",
        readZones,
      );
      return sortZones(
        zones.map(({ name, dnsName, visibility }) => ({
          id: name,
          name: dnsName.toLowerCase().replace(/\.$/, ""),
          visibility: visibility === "private" ? "private" : "public",
        })),
      );
    },
    async apply(zone, changes) {
      const outcomes = new Map<DnsChange, ChangeOutcome>();
      let latest: RecordMap = new Map();
      const read = async () => {
        latest = byKey(await list(zone));
        return latest;
      };
      for (const group of withoutRepetition([changes])) {
        // Upserts need what is there to delete it; conditions need it to be compared with.
        const needsLook = group.filter(
          (change) => change.action === "upsert" || stepsOf(change).some((step) => sameSet(step.from, step.to)),
        );
        let open: readonly DnsChange[] = group;
        if (needsLook.length > 0) {
          try {
            await read();
          } catch (error) {
            for (const change of group) outcomes.set(change, { status: "failed", message: causeOf(error) });
            continue;
          }
          open = group.filter((change) => classify(change, latest, outcomes));
        }
        const farSide = {
          atomicity: CAPABILITIES.atomicity,
          write: (batch: readonly DnsChange[]) => write(zone, batch, latest),
          read,
        };
        for (const [change, outcome] of await settle(packBatches(open, costOf, LIMITS), farSide))
          outcomes.set(change, outcome);
      }
      return inOrder(changes, outcomes);
    },
  };
}

/** Whether the change is still to be written. */
function classify(change: DnsChange, current: RecordMap, outcomes: Map<DnsChange, ChangeOutcome>): boolean {
  const stands = standing(change, current, "change");
  if (stands.state === "done") outcomes.set(change, { status: "applied" });
  if (stands.state === "overtaken") outcomes.set(change, { status: "overtaken", message: stands.message });
  return stands.state === "open";
}

interface Parts {
  readonly additions: readonly ReturnType<typeof setToGoogle>[];
  readonly deletions: readonly ReturnType<typeof setToGoogle>[];
}

function partsOf(change: DnsChange, current: RecordMap, letters: Letters): Parts {
  const steps = stepsOf(change).map(({ key, from, to }) => ({
    to,
    from: change.action === "upsert" ? (current.get(key) ?? null) : from,
  }));
  const written = steps.filter(({ from, to }) => !sameSet(from, to));
  return {
    additions: written.flatMap(({ to }) => (to === null ? [] : [setToGoogle(to)])),
    deletions: written.flatMap(({ from }) => (from === null ? [] : [inLetters(from, letters)])),
  };
}

function inLetters(set: RecordSet, letters: Letters): ReturnType<typeof setToGoogle> {
  const raw = letters.get(recordKey(set));
  if (raw === undefined || !sameSet(setFromGoogle(raw), set)) return setToGoogle(set);
  return { name: raw.name, type: raw.type, ttl: raw.ttl, rrdatas: raw.rrdatas };
}

/** Google counts: `entity.change.additions[17]` is the eighteenth of the request. */
function mindedBy(message: string, batch: readonly DnsChange[], parts: readonly Parts[]): readonly DnsChange[] {
  const ownerOf = (kind: keyof Parts) => parts.flatMap((part, index) => part[kind].map(() => batch[index]));
  const owners = { additions: ownerOf("additions"), deletions: ownerOf("deletions") };
  const minded = new Set<DnsChange>();
  for (const [, kind, index] of message.matchAll(/entity\.change\.(additions|deletions)\[(\d+)\]/g)) {
    const change = owners[kind === "additions" ? "additions" : "deletions"][Number(index)];
    if (change !== undefined) minded.add(change);
  }
  return [...minded];
}

function costOf(change: DnsChange) {
  const sets = [...change.before, ...change.after];
  const bytes = sets.reduce((sum, set) => sum + set.values.join("").length, 0);
  return { changes: Math.max(change.before.length, change.after.length), values: 0, bytes };
}

const orEmpty: Read<string> = (value, at) => (value === undefined ? "" : text(4096)(value, at));
const readZone = record({ name: text(), dnsName: text(), visibility: orEmpty });
const readZones: Read<readonly { readonly name: string; readonly dnsName: string; readonly visibility: string }[]> = (
  value,
  at,
) => (value === undefined ? [] : listOf(readZone, 20_000)(value, at));

function messageOf({ status, body }: HttpAnswer): string {
  const isObject = typeof body === "object" && body !== null && "error" in body;
  return `HTTP ${status}: ${isObject ? JSON.stringify(body.error).slice(0, 4000) : "no reason"}`;
}

const CAPABILITIES: DnsCapabilities = {
  ...PLAIN_RECORDS,
  provider: "Cloud DNS",
  atomicity: "change",
  fence: "exact",
};
