/**
 * Amazon Route 53, by its SDK. The one provider whose far side carries the whole fence of DESIGN.md rule 5: DELETE of
 * the exact old set and CREATE of the new one, in one batch that is taken whole or not at all.
 *
 * Limits kept: ten requests a second with a burst of fifty, the second bucket of single record changes, 1,000 records
 * and 32,000 characters a batch, one change at a time for a zone (`PriorRequestNotComplete`). The SDK's own retries are
 * off: it would send a batch again without knowing what a lost answer means.
 */
import { EVERY_POLICY } from "../core/dns/capabilities.ts";
import {
  ChangeResourceRecordSetsCommand,
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsResponse,
  type ResourceRecordSet,
  Route53Client,
  type Route53ClientConfig,
} from "@aws-sdk/client-route-53";
import { type DnsCapabilities, type DnsChange, type RecordSet, recordKey, type Zone } from "../core/dns/records.ts";
import {
  type Attempt,
  PATIENCE,
  type Patience,
  patiently,
  queueByKey,
  realTime,
  type Time,
  tokenBucket,
} from "./pace.ts";
import type { DnsProvider } from "./provider.ts";
import { costOf, packRoute53, wireChanges } from "./route53/batch.ts";
import { type Cause, causeOf, mindedBy } from "./route53/errors.ts";
import { nameFromRoute53, nameToRoute53 } from "./route53/names.ts";
import { setFromRoute53 } from "./route53/records.ts";
import { inOrder, settle, type WriteResult } from "./settle.ts";
import { byKey, type RecordMap, sortByKey, sortZones, standing } from "./standing.ts";

export interface Route53Options {
  /** Region, credentials and endpoint as the SDK takes them; its default chain for what is left out. */
  readonly client?: Route53ClientConfig;
  readonly time?: Time;
  readonly patience?: Patience;
  /** Below the account's own limits, which other programs use too. */
  readonly requestsPerSecond?: number;
  readonly requestBurst?: number;
  /** Single record changes; AWS does not publish a figure for every account. */
  readonly changesPerSecond?: number;
  readonly changeBurst?: number;
  /** Sets a page of a list, at most 300. */
  readonly pageSize?: number;
}

type Answer<T> = { readonly value: T } | { readonly refusal: Cause };

/** Up to so many names are looked up name by name instead of by a list of the zone. */
const FEW = 3;

export function route53(options: Route53Options = {}): DnsProvider {
  const { time = realTime, patience = PATIENCE, pageSize = 300 } = options;
  const { requestsPerSecond = 9, requestBurst = 45, changesPerSecond = 450, changeBurst = 900 } = options;
  const client = new Route53Client({ region: "us-east-1", ...options.client, maxAttempts: 1 });
  const requests = tokenBucket({ burst: requestBurst, perSecond: requestsPerSecond }, time);
  const singleChanges = tokenBucket({ burst: changeBurst, perSecond: changesPerSecond }, time);
  const inTurn = queueByKey();
  const lettersOf = new Map<string, Map<string, ResourceRecordSet>>();

  /** Calls until there is an answer; what cannot be cured by waiting is an answer too. */
  async function call<T>(send: () => Promise<T>, changes = 0, onLost?: () => void): Promise<Attempt<Answer<T>>> {
    return await patiently<Answer<T>>(
      async () => {
        await requests(1);
        await singleChanges(changes);
        try {
          return { done: true, value: { value: await send() } };
        } catch (error) {
          const cause = causeOf(error);
          if (cause.isLost) onLost?.();
          if (cause.isTransient) return { done: false, cause: cause.text, retryAfterMs: null };
          return { done: true, value: { refusal: cause } };
        }
      },
      time,
      patience,
    );
  }

  /** The answer itself; rejects with what was wanted and why it is not there. */
  async function need<T>(what: string, send: () => Promise<T>): Promise<T> {
    const result = await call(send);
    if (!result.done) throw new Error(`Cannot ${what}: ${result.cause}`);
    if ("refusal" in result.value) {
      throw new Error(`Cannot ${what}: ${result.value.refusal.text}`, { cause: result.value.refusal.error });
    }
    return result.value.value;
  }

  async function pages(zone: Zone, name: string | null): Promise<ResourceRecordSet[]> {
    const sets: ResourceRecordSet[] = [];
    const only = name === null ? null : nameToRoute53(name);
    let start: Start = only === null ? {} : { StartRecordName: only };
    for (;;) {
      const input = { HostedZoneId: zone.id, MaxItems: pageSize, ...start };
      const page = await need(`list the zone "${zone.name}" (${zone.id})`, () =>
        client.send(new ListResourceRecordSetsCommand(input)),
      );
      sets.push(...(page.ResourceRecordSets ?? []));
      // Names are sorted by their labels from the right, so all sets of one stand together, at the start of the page.
      if (page.IsTruncated !== true || (only !== null && page.NextRecordName !== only)) break;
      start = startOf(page);
    }
    return only === null ? sets : sets.filter((set) => set.Name === only);
  }

  async function list(zone: Zone): Promise<readonly RecordSet[]> {
    const raw = await pages(zone, null);
    const sets = raw.map(setFromRoute53);
    lettersOf.set(zone.id, new Map(raw.map((one, index) => [keyAt(sets, index), one])));
    return sortByKey(sets);
  }

  async function read(zone: Zone, changes: readonly DnsChange[]): Promise<RecordMap> {
    const names = new Set(changes.flatMap(({ before, after }) => [...before, ...after].map((set) => set.name)));
    if (names.size > FEW) return byKey(await list(zone));
    const letters = lettersOf.get(zone.id) ?? new Map<string, ResourceRecordSet>();
    lettersOf.set(zone.id, letters);
    const sets: RecordSet[] = [];
    for (const name of names) {
      for (const raw of await pages(zone, name)) {
        const set = setFromRoute53(raw);
        letters.set(recordKey(set), raw);
        sets.push(set);
      }
    }
    return byKey(sets);
  }

  async function write(zone: Zone, batch: readonly DnsChange[]): Promise<WriteResult> {
    const letters = lettersOf.get(zone.id) ?? new Map<string, ResourceRecordSet>();
    const Changes = batch.flatMap((change) => wireChanges(change, letters));
    const input = { HostedZoneId: zone.id, ChangeBatch: { Changes } };
    let isLost = false;
    const send = () => client.send(new ChangeResourceRecordSetsCommand(input));
    const result = await call(send, costOf(Changes).changes, () => {
      isLost = true;
    });
    const what = `Cannot change the zone "${zone.name}"`;
    if (!result.done) {
      if (isLost && (await wasTaken(zone, batch, []))) return { status: "ok" };
      return { status: "failed", message: `${what}: ${result.cause}`, isUndone: !isLost };
    }
    if (!("refusal" in result.value)) return { status: "ok" };
    const { text, isAboutRecords, isStale } = result.value.refusal;
    const message = `${what}: ${text.slice(0, 1000)}`;
    if (!isAboutRecords) return { status: "failed", message };
    const minded = mindedBy(text, batch);
    if (isLost && (await wasTaken(zone, batch, minded))) return { status: "ok" };
    return { status: "refused", message, minded, again: isStale };
  }

  /**
   * After a lost answer the same batch is minded in every part if it was taken, since no part of it can happen twice;
   * and it is taken whole or not at all. So one part that is done, looked up, settles it in one call instead of a list.
   * One that was not minded, if there is any: either the message is cut off, or the batch was not taken.
   */
  async function wasTaken(zone: Zone, batch: readonly DnsChange[], minded: readonly DnsChange[]): Promise<boolean> {
    const known = new Set(minded);
    const change = batch.findLast((one) => !known.has(one)) ?? batch.at(-1);
    if (change === undefined) return false;
    const isHere = (set: RecordSet) => set.name === (change.after[0] ?? change.before[0])?.name;
    const sample = { ...change, before: change.before.filter(isHere), after: change.after.filter(isHere) };
    const current = await read(zone, [sample]).catch(() => null);
    return current !== null && standing(sample, current, "change").state === "done";
  }

  return {
    name: "route53",
    capabilities: CAPABILITIES,
    list,
    async zones() {
      const zones: Zone[] = [];
      let Marker: string | undefined;
      do {
        const input = Marker === undefined ? {} : { Marker };
        const page = await need("list the hosted zones", () => client.send(new ListHostedZonesCommand(input)));
        for (const { Id = "", Name = "", Config } of page.HostedZones ?? []) {
          const visibility = Config?.PrivateZone === true ? "private" : "public";
          zones.push({ name: nameFromRoute53(Name), visibility, id: Id.replace(/^\/hostedzone\//, "") });
        }
        Marker = page.IsTruncated === true ? page.NextMarker : undefined;
      } while (Marker !== undefined);
      return sortZones(zones);
    },
    async apply(zone, changes) {
      // Route 53 turns away a second change of a zone while it works on the first.
      return await inTurn(zone.id, async () => {
        const batches = packRoute53(changes, lettersOf.get(zone.id) ?? new Map());
        const farSide = {
          atomicity: CAPABILITIES.atomicity,
          write: (batch: readonly DnsChange[]) => write(zone, batch),
          read: (some: readonly DnsChange[]) => read(zone, some),
        };
        return inOrder(changes, await settle(batches, farSide));
      });
    },
  };
}

interface Start {
  readonly StartRecordName?: string;
  readonly StartRecordType?: NonNullable<ListResourceRecordSetsResponse["NextRecordType"]>;
  readonly StartRecordIdentifier?: string;
}

/** A page may end between two sets of one name and type, so all three are needed to go on. */
function startOf({ NextRecordName, NextRecordType, NextRecordIdentifier }: ListResourceRecordSetsResponse): Start {
  return {
    ...(NextRecordName === undefined ? {} : { StartRecordName: NextRecordName }),
    ...(NextRecordType === undefined ? {} : { StartRecordType: NextRecordType }),
    ...(NextRecordIdentifier === undefined ? {} : { StartRecordIdentifier: NextRecordIdentifier }),
  };
}

function keyAt(sets: readonly RecordSet[], index: number): string {
  const set = sets[index];
  return set === undefined ? "" : recordKey(set);
}

const CAPABILITIES: DnsCapabilities = {
  ...EVERY_POLICY,
  provider: "Route 53",
  atomicity: "change",
  fence: "exact",
};
