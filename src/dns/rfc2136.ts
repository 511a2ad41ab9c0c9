/**
 * Any name server that takes dynamic updates (RFC 2136) signed by TSIG: BIND, Knot, PowerDNS, Windows, Infoblox. The
 * zone is listed by AXFR. An update is one transaction of the server with prerequisites, so the fence is exact but for
 * the time to live, which RFC 2136 does not compare; everything written is read back once an apply.
 */
import { PLAIN_RECORDS } from "../core/dns/capabilities.ts";
import { causeOf } from "../core/cause.ts";
import { type DnsCapabilities, type DnsChange, type RecordSet, recordKey, type Zone } from "../core/dns/records.ts";
import { packBatches, withoutRepetition } from "./batches.ts";
import { applyInside } from "./inside-zone.ts";
import { type Attempt, PATIENCE, type Patience, patiently, realTime, type Time } from "./pace.ts";
import { type ChangeOutcome, type DnsProvider } from "./provider.ts";
import { exchange, type NameServer } from "./rfc2136/exchange.ts";
import {
  CLASS,
  decodeMessage,
  encodeRequest,
  type Message,
  OPCODE,
  QTYPE,
  rcodeName,
  type ReadRecord,
} from "./rfc2136/message.ts";
import { signRequest, type TsigKey, tsigVerifier } from "./rfc2136/tsig.ts";
import { updateOf } from "./rfc2136/update.ts";
import { settle, type WriteResult } from "./settle.ts";
import { byKey, sortByKey, sortZones, standing } from "./standing.ts";

export interface Rfc2136Options {
  /** The primary server. */
  readonly host: string;
  readonly port?: number;
  /** Names of the zones; the protocol cannot list them. */
  readonly zones: readonly Pick<Zone, "name" | "visibility">[];
  /** null: unsigned, for servers that go by address. */
  readonly key: TsigKey | null;
  readonly timeoutMs?: number;
  readonly time?: Time;
  readonly patience?: Patience;
  /** Wall clock in ms: TSIG is signed with it. */
  readonly now?: () => number;
}

/** 64 KiB is the most that TCP carries; prerequisites and updates together stay well below. */
const LIMITS = { changes: 200, values: 1000, bytes: 30_000 };
/** Codes that say nothing about the records: a server that is busy, or a zone or key that it does not know. */
const SERVFAIL = 2;
const NOTAUTH = 9;

export function rfc2136(options: Rfc2136Options): DnsProvider {
  const { host, port = 53, key, timeoutMs = 10_000, time = realTime, patience = PATIENCE, now = Date.now } = options;
  const server: NameServer = { host, port, timeoutMs };
  const name = `rfc2136 ${host}:${port}`;
  let lastId = Math.floor(time.random() * 0x10000);

  const newId = () => {
    lastId = (lastId + 1) % 0x10000;
    return lastId;
  };

  /** Sends, checks each answer's id and signature, and hands the answers to `onAnswer` until that says it was the last. */
  async function ask(
    id: number,
    request: Uint8Array<ArrayBuffer>,
    onAnswer: (message: Message) => boolean,
  ): Promise<void> {
    const seconds = () => Math.floor(now() / 1000);
    const signed = key === null ? null : signRequest(request, key, seconds());
    const verifier = key === null || signed === null ? null : tsigVerifier(key, signed.mac, seconds);
    await exchange(server, signed?.signed ?? request, (bytes) => {
      const message = verifier === null ? decodeMessage(bytes) : verifier.next(bytes);
      if (message.id !== id || !message.isResponse) throw new Error("Cannot believe the DNS answer: it is another's");
      const isLast = onAnswer(message);
      if (isLast) verifier?.end();
      return isLast;
    });
  }

  const retry = <T>(work: () => Promise<Attempt<T>>) =>
    patiently(
      () => work().catch((error: unknown) => ({ done: false, cause: causeOf(error), retryAfterMs: null }) as const),
      time,
      patience,
    );

  async function transfer(zone: Zone): Promise<Attempt<readonly ReadRecord[]>> {
    const id = newId();
    const records: ReadRecord[] = [];
    let rcode = 0;
    const request = { id, opcode: OPCODE.query, zone: zone.name, qtype: QTYPE.axfr, prerequisites: [], updates: [] };
    await ask(id, encodeRequest(request), (message) => {
      rcode = message.rcode;
      records.push(...message.answers);
      // A transfer begins and ends with the SOA (RFC 5936 §2.2).
      return rcode !== 0 || (records.length > 1 && records.at(-1)?.type === "SOA");
    });
    if (rcode === SERVFAIL) return { done: false, cause: rcodeName(rcode), retryAfterMs: null };
    if (rcode !== 0) throw new Refusal(`the server answers ${rcodeName(rcode)}`);
    return { done: true, value: records.slice(0, -1) };
  }

  async function list(zone: Zone): Promise<readonly RecordSet[]> {
    const what = `Cannot list the zone "${zone.name}" of ${name}`;
    const result = await patiently<readonly ReadRecord[] | Refusal>(
      () =>
        transfer(zone).catch((error: unknown) =>
          error instanceof Refusal
            ? { done: true, value: error }
            : { done: false, cause: causeOf(error), retryAfterMs: null },
        ),
      time,
      patience,
    );
    if (!result.done) throw new Error(`${what}: ${result.cause}`);
    if (result.value instanceof Refusal) throw new Error(`${what}: ${result.value.message}`);
    return sortByKey(setsOf(result.value));
  }

  async function write(zone: Zone, batch: readonly DnsChange[]): Promise<WriteResult> {
    const what = `Cannot change the zone "${zone.name}" of ${name}`;
    let request: Uint8Array<ArrayBuffer>;
    const id = newId();
    try {
      request = encodeRequest({ id, opcode: OPCODE.update, zone: zone.name, qtype: QTYPE.soa, ...updateOf(batch) });
    } catch (error) {
      return { status: "refused", message: causeOf(error), minded: [], again: false };
    }
    const result = await retry<number>(async () => {
      let rcode = 0;
      await ask(id, request, (message) => {
        rcode = message.rcode;
        return true;
      });
      if (rcode === SERVFAIL) return { done: false, cause: rcodeName(rcode), retryAfterMs: null };
      return { done: true, value: rcode };
    });
    if (!result.done) return { status: "failed", message: `${what}: ${result.cause}` };
    if (result.value === 0) return { status: "ok" };
    const message = `${what}: the server answers ${rcodeName(result.value)}`;
    if (result.value === NOTAUTH) return { status: "failed", message };
    return { status: "refused", message, minded: [], again: false };
  }

  /** A server may take an update and ignore a part of it without a word, so what it took is looked at once more. */
  async function readBack(
    zone: Zone,
    changes: readonly DnsChange[],
    outcomes: Map<DnsChange, ChangeOutcome>,
  ): Promise<void> {
    const last = new Map(
      changes.flatMap((change) => [...change.before, ...change.after].map((set) => [recordKey(set), change])),
    );
    const applied = [...new Set(last.values())].filter((change) => outcomes.get(change)?.status === "applied");
    if (applied.length === 0) return;
    const current = await list(zone).then(byKey, () => null);
    for (const change of applied) {
      if (current === null) outcomes.set(change, { status: "failed", message: `Cannot read "${change.name}" back` });
      else if (standing(change, current, "change").state !== "done") {
        const message = `Cannot find "${change.name}" as it was written: the server ignored a part, or somebody wrote after`;
        outcomes.set(change, { status: "overtaken", message });
      }
    }
  }

  return {
    name,
    capabilities: CAPABILITIES,
    list,
    async zones() {
      return sortZones(options.zones.map((zone) => ({ ...zone, id: zone.name })));
    },
    apply: (zone, changes) =>
      applyInside(zone, changes, async (inside) => {
        const outcomes = await settle(withoutRepetition(packBatches(inside, costOf, LIMITS)), {
          atomicity: CAPABILITIES.atomicity,
          write: (batch) => write(zone, batch),
          read: async () => byKey(await list(zone)),
        });
        await readBack(zone, inside, outcomes);
        return outcomes;
      }),
  };
}

/** The server understood and said no: waiting does not help. */
class Refusal extends Error {}

function setsOf(records: readonly ReadRecord[]): readonly RecordSet[] {
  const sets = new Map<string, RecordSet>();
  const base = { setIdentifier: null, policy: null, healthCheckId: null, alias: null, properties: [] };
  for (const { name, type, ttl, value, class: dnsClass } of records) {
    // What signs the zone belongs to the server.
    if (dnsClass !== CLASS.in || SIGNING.has(type)) continue;
    const key = `${name}\t${type}\t`;
    const set = sets.get(key);
    const values = [...new Set([...(set?.values ?? []), value])].sort();
    sets.set(key, { ...base, name, type, ttlSeconds: set?.ttlSeconds ?? ttl, values });
  }
  return [...sets.values()];
}

const SIGNING: ReadonlySet<string> = new Set(["RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY", "CDS", "CDNSKEY"]);

function costOf(change: DnsChange) {
  const sets = [...change.before, ...change.after];
  const values = sets.reduce((sum, set) => sum + set.values.length, 0);
  // A record is its name, ten bytes, and its data; a deletion and a prerequisite come on top.
  const bytes = sets.reduce(
    (sum, set) => sum + (set.name.length + 12) * (set.values.length + 3) + set.values.join("").length,
    0,
  );
  return { changes: 1, values, bytes };
}

const CAPABILITIES: DnsCapabilities = {
  ...PLAIN_RECORDS,
  provider: "RFC 2136",
  atomicity: "change",
  fence: "exact",
};
