/** Providers that are wrong in one way each, and the tests of the suite that have to notice it. */
import type { DnsChange, RecordSet, Zone } from "../../src/core/dns/records.ts";
import { type MemoryZones, memoryDns } from "../../src/dns/memory.ts";
import { APPLIED, type ChangeOutcome, type DnsProvider } from "../../src/dns/provider.ts";
import { byKey, standing, stepsOf } from "../../src/dns/standing.ts";
import { virtualTime } from "./virtual-time.ts";

export interface Variant {
  readonly name: string;
  readonly make: (provider: DnsProvider, zones: MemoryZones) => DnsProvider;
  readonly fails: readonly string[];
}

type Sets = readonly RecordSet[];

/** Lists wrongly. */
function listing(name: string, change: (sets: Sets, zone: Zone) => Sets, fails: readonly string[]): Variant {
  const make = (provider: DnsProvider): DnsProvider => ({
    ...provider,
    list: async (zone) => change(await provider.list(zone), zone),
  });
  return { name, make, fails };
}

type ApplyOne = (change: DnsChange, provider: DnsProvider, zone: Zone, zones: MemoryZones) => Promise<ChangeOutcome>;

/** Carries out single changes wrongly. */
function applying(name: string, one: ApplyOne, fails: readonly string[]): Variant {
  const make = (provider: DnsProvider, zones: MemoryZones): DnsProvider => ({
    ...provider,
    async apply(zone, changes) {
      const outcomes: ChangeOutcome[] = [];
      for (const change of changes) outcomes.push(await one(change, provider, zone, zones));
      return outcomes;
    },
  });
  return { name, make, fails };
}

async function only(provider: DnsProvider, zone: Zone, change: DnsChange): Promise<ChangeOutcome> {
  return (await provider.apply(zone, [change]))[0] ?? { status: "failed", message: "no outcome" };
}

/** Writes without asking anything. */
async function force(zones: MemoryZones, zone: Zone, change: DnsChange): Promise<ChangeOutcome> {
  const sets = (await zones.read(zone.id)) ?? new Map<string, RecordSet>();
  const next = new Map(sets);
  for (const { key, to } of stepsOf(change)) {
    if (to === null) next.delete(key);
    else next.set(key, to);
  }
  await zones.swap(zone.id, sets, next).catch(() => true);
  return APPLIED;
}

const shapes = [
  "A a.example.org",
  "AAAA a.example.org",
  "CNAME alias.example.org",
  "A *.wild.example.org",
  "SRV _https._tcp.example.org",
  "A example.org",
  "TXT plain.example.org",
  "TXT several.example.org",
  "TXT strange.example.org",
  "TXT x-y_z.deep.down.example.org",
].map((shape) => `gives back ${shape} as it was written`);
const policies = ["weighted", "latency", "geolocation", "geoproximity", "failover", "multivalue"].map(
  (policy) => `gives back ${policy} sets as they were written`,
);

export const VARIANTS: readonly Variant[] = [
  {
    name: "knows no zone",
    make: (provider) => ({ ...provider, zones: async () => [] }),
    fails: ["lists the zone among its zones"],
  },
  listing(
    "adds a second to every TTL",
    (sets) => sets.map((set) => ({ ...set, ttlSeconds: (set.ttlSeconds ?? 0) + 1 })),
    [...shapes, "replaces the time to live alone", "gives back an alias as it was written"],
  ),
  listing("loses policies", (sets) => sets.map((set) => ({ ...set, policy: null })), policies),
  listing("lists backwards", (sets) => sets.toReversed(), ["lists sets in the order of their keys"]),
  listing("hides the apex", (sets) => sets.filter((set) => set.type !== "SOA" && set.type !== "NS"), [
    "lists the apex's own records",
  ]),
  listing("hides what it does not write itself", (sets) => sets.filter((set) => set.type !== "MX"), [
    "lists what others wrote",
    "leaves records of others byte for byte as they are in 40 random runs",
  ]),
  listing("stops after a thousand", (sets) => sets.slice(0, 1000), ["lists a zone of 1,200 sets whole"]),
  listing("shows one page of a name", (sets) => sets.filter((set, index) => set.name !== sets[index - 50]?.name), [
    "lists 90 sets of one name whole",
  ]),
  {
    name: "takes a zone that is not there for an empty one",
    make: (provider) => ({ ...provider, list: (zone) => provider.list(zone).catch(() => []) }),
    fails: [
      "rejects the list of a zone that is not there",
      "says that it failed when it is throttled for ever, and goes on later",
    ],
  },
  applying("writes without a condition", (change, _provider, zone, zones) => force(zones, zone, change), [
    "does not create over what is there",
    "does not replace what somebody else changed",
    "does not delete what somebody else changed",
    "does not write when a set that is only a condition was changed",
    "does not write when a set that is only a condition is gone",
    "does not overwrite a new set that somebody else made first",
    "does not replace a weighted set that somebody else changed",
    "gives outcomes in the order of the changes",
    "tells apart what is refused and what is overtaken among many",
    "refuses one record outside the zone and applies the others",
    "refuses a CNAME beside other records and applies the others",
    "leaves nothing behind of a refused change",
    "refuses a simple set beside weighted ones",
    "lets one of two writers win",
    "says that it failed when it is throttled for ever, and goes on later",
  ]),
  {
    name: "lets one refused change stop the rest",
    make: (provider) => ({
      ...provider,
      async apply(zone, changes) {
        const outcomes: ChangeOutcome[] = [];
        for (const change of changes) {
          const stopped = outcomes.find((one) => one.status !== "applied");
          outcomes.push(stopped ?? (await only(provider, zone, change)));
        }
        return outcomes;
      },
    }),
    fails: [
      "refuses one record outside the zone and applies the others",
      "refuses a CNAME beside other records and applies the others",
      "tells apart what is refused and what is overtaken among many",
      "gives outcomes in the order of the changes",
    ],
  },
  applying(
    "writes the sets of a change one by one",
    async (change, provider, zone) => {
      for (const { from, to } of stepsOf(change)) {
        const part = { ...change, before: from === null ? [] : [from], after: to === null ? [] : [to] };
        const outcome = await only(provider, zone, part);
        if (outcome.status !== "applied") return outcome;
      }
      return APPLIED;
    },
    ["leaves nothing behind of a refused change", "does not overwrite a new set that somebody else made first"],
  ),
  applying(
    "removes before it adds",
    async (change, provider, zone) => {
      if (change.action !== "replace") return await only(provider, zone, change);
      await only(provider, zone, { ...change, action: "delete", after: [] });
      return await only(provider, zone, { ...change, action: "create", before: [] });
    },
    [
      "never leaves a name without a value while all its values change",
      "turns a CNAME into addresses in one change, and back",
    ],
  ),
  applying(
    "takes its own work for somebody else's",
    async (change, provider, zone) => {
      const done = standing(change, byKey(await provider.list(zone)), "change").state === "done";
      return done ? { status: "overtaken", message: "it is there" } : await only(provider, zone, change);
    },
    ["counts what already stands as applied"],
  ),
  applying(
    "writes the first set only",
    (change, provider, zone) => only(provider, zone, { ...change, after: change.after.slice(0, 1) }),
    ["creates every set of a change", "replaces the values of a set", "adds a set to a name, and takes one away"],
  ),
  applying(
    "never deletes",
    async (change, provider, zone) => (change.action === "delete" ? APPLIED : await only(provider, zone, change)),
    [
      "deletes every set of a change",
      "applies later changes on top of earlier ones",
      "leaves records of others byte for byte as they are in 40 random runs",
      "keeps sets of one name apart by their identifier",
    ],
  ),
  applying(
    "clears the name before an upsert",
    async (change, provider, zone, zones) => {
      if (change.action !== "upsert") return await only(provider, zone, change);
      const old = [...((await zones.read(zone.id)) ?? new Map<string, RecordSet>()).values()];
      const before = old.filter((set) => set.name === change.name);
      return await force(zones, zone, { ...change, action: "replace", before });
    },
    ["overwrites with an upsert, and leaves other sets of the name alone"],
  ),
  {
    name: "answers for changes that nobody gave",
    make: (provider) => ({
      ...provider,
      apply: async (zone, changes) => (changes.length === 0 ? [APPLIED] : await provider.apply(zone, changes)),
    }),
    fails: ["does nothing when there is nothing to do"],
  },
  {
    name: "tries once",
    make: (_provider, zones) =>
      memoryDns(zones, { time: virtualTime(), patience: { totalMs: 0, firstDelayMs: 1, maxDelayMs: 1 } }),
    fails: ["applies everything although answers are lost", "applies everything although it is throttled"],
  },
];
