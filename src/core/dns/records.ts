/**
 * The plain types that the pure half (`src/core/dns`) and the providers (`src/dns`) share. All of it is data with one
 * spelling per meaning, so that two record sets are equal exactly if their JSON is.
 *
 * Names: lower case, without the trailing dot, `*` for a wildcard, at most 253 characters in labels of at most 63;
 * any other byte that a zone may hold is `\DDD`, decimal (RFC 1035 §5.1; Route 53's own escapes are octal). A provider turns its own spelling (`example.org.`,
 * `\052.example.org`, relative names) into this one on the way in, and back on the way out. See `names.ts`.
 */

/**
 * Upper-case mnemonic. Portolan writes A, AAAA, CNAME, SRV and TXT; anything else only occurs in foreign sets, which
 * are listed so that they can be seen and named, and are never changed. Unknown types are `TYPE65535` (RFC 3597).
 */
export type RecordType = string;

/** Whose question gets this set, where several sets of one name and type differ by `setIdentifier`. */
export type RoutingPolicy =
  | {
      readonly type: "weighted" /** 0…255; 0 is never answered while another set of the name weighs more. */;
      readonly weight: number;
    }
  | { readonly type: "latency" /** The provider's own region name, `eu-central-1`. */; readonly region: string }
  | {
      readonly type: "geolocation";
      /** AF AN AS EU NA OC SA, or null. With all three null the set is the default for everyone else. */
      readonly continent: string | null;
      /** ISO 3166-1 alpha-2, upper case, or null. Never together with a continent. */
      readonly country: string | null;
      /** The part after the hyphen of ISO 3166-2 (`CA` of `US-CA`), or null; only with a country. */
      readonly subdivision: string | null;
    }
  | {
      readonly type: "geoproximity";
      /** Either the provider's region or a point, never both. Degrees with at most two decimals. */
      readonly region: string | null;
      readonly point: { readonly latitude: number; readonly longitude: number } | null;
      /** -99…99; a positive one enlarges the area that is served from here. */
      readonly bias: number;
    }
  | { readonly type: "failover"; readonly role: "primary" | "secondary" }
  | { readonly type: "multivalue" }
  /** A policy that only the provider understands (CIDR collections, traffic policies); its bytes as the provider gave
   * them. Occurs in foreign sets only. */
  | { readonly type: "opaque"; readonly text: string };

/** An answer that the provider computes from another name of its own (Route 53 alias, Cloudflare flattening at the apex). */
export interface AliasTarget {
  /** Canonical name. */
  readonly name: string;
  /** The provider's id of the zone that holds the target (Route 53: HostedZoneId); null where the provider needs none. */
  readonly zoneId: string | null;
  readonly evaluateTargetHealth: boolean;
}

/** A setting of one provider that no field of `RecordSet` can say (`cloudflare-proxied`). */
export interface RecordProperty {
  readonly name: string;
  readonly value: string;
}

/** All records of one name, type and set identifier: the unit that is compared, written and owned. */
export interface RecordSet {
  readonly name: string;
  readonly type: RecordType;
  /** null exactly if the set is an alias, or if the provider keeps no TTL of its own (Cloudflare's "automatic"). */
  readonly ttlSeconds: number | null;
  /**
   * Data in presentation form, sorted by code unit, without repetition; empty exactly if the set is an alias.
   * A: dotted decimal; AAAA: RFC 5952; CNAME, NS, PTR: a canonical name; SRV: `priority weight port name`;
   * TXT: one or more `"…"` separated by one blank, `"` and `\` escaped, at most 255 bytes each, as one value;
   * other types: as the provider printed them.
   */
  readonly values: readonly string[];
  /** Distinguishes sets of one name and type that have a policy; null exactly if `policy` is null. 1…128 characters. */
  readonly setIdentifier: string | null;
  readonly policy: RoutingPolicy | null;
  /** The provider's id of a health check that takes the set out of answers; null for none. */
  readonly healthCheckId: string | null;
  readonly alias: AliasTarget | null;
  /** Sorted by name; empty almost always. */
  readonly properties: readonly RecordProperty[];
}

/** A zone as a provider lists it. One name may be both: two zones, told apart by visibility and id (split horizon). */
export interface Zone {
  /** Canonical name of the apex. */
  readonly name: string;
  readonly visibility: "public" | "private";
  /** The provider's id of the zone; its name where the provider has no other (RFC 2136). */
  readonly id: string;
}

/** What a provider can hold and how it writes; the planner asks this and never asks for a provider by name. */
export interface DnsCapabilities {
  /** Provider in people's words, for loss reports: `Azure DNS`. */
  readonly provider: string;
  /**
   * `change`: all sets of one `DnsChange` appear and disappear together (Route 53 batch, RFC 2136 update, Cloud DNS
   * change). `record-set`: one set is replaced in one step, two sets are not (Azure, most HTTP APIs). The planner
   * keeps a name's type for ever on the latter: CNAME ↔ A goes through an address name.
   */
  readonly atomicity: "change" | "record-set";
  /** `exact`: `before` is compared and swapped by the provider itself. `unfenced`: read-back only, rule 5 says so. */
  readonly fence: "exact" | "unfenced";
  /** Policies that can be written; empty for a plain zone. */
  readonly policies: readonly Exclude<RoutingPolicy["type"], "opaque">[];
  /** False where a geoproximity set cannot carry a bias other than 0. */
  readonly bias: boolean;
  /** False where a geolocation set cannot name a subdivision, country or continent. */
  readonly geolocation: { readonly continent: boolean; readonly country: boolean; readonly subdivision: boolean };
  readonly healthChecks: boolean;
  /** How a host name may stand at the apex, where a CNAME may not: not at all, or as an alias. */
  readonly alias: boolean;
  readonly minTtlSeconds: number;
  /** Values in one set; Route 53 has 400. */
  readonly maxValues: number;
}

/**
 * One step of a plan: everything that changes together for one name, and the ownership TXT that goes with it. The unit
 * of atomicity, of compare-and-swap, of batching (never split), of refusal (one refused change stops no other) and of
 * journalling.
 *
 * | action  | before   | after    | applies only if                                                                   |
 * |---------|----------|----------|-----------------------------------------------------------------------------------|
 * | create  | empty    | ≥ 1 set  | no set with the name, type and set identifier of one in `after` is there          |
 * | replace | ≥ 1 set  | ≥ 1 set  | every set of `before` is there exactly so; those of `after` with a new key are not|
 * | delete  | ≥ 1 set  | empty    | every set of `before` is there exactly so                                         |
 * | upsert  | any      | ≥ 1 set  | always: whatever has the key of one in `after` is overwritten; `before` is only what was seen. Used in mode `compat`, as external-dns does, and never in mode `native` |
 *
 * A set that stands alike in `before` and `after` is a condition only, and is not written. If the condition does not
 * hold, nothing of the change is written, and the provider reports that it was overtaken. Where one set cannot be
 * replaced in one step, values are added before others are removed, so that the name is never empty in between.
 */
export interface DnsChange {
  readonly action: "create" | "upsert" | "replace" | "delete";
  /** The name that people know, not that of the ownership TXT. */
  readonly name: string;
  readonly before: readonly RecordSet[];
  readonly after: readonly RecordSet[];
  /** Why, in one sentence: which resource asked, or why the record goes. */
  readonly reason: string;
}

/** A desired set that was not planned, and what stands in its way. Everything else of the plan still holds. */
export interface DnsConflict {
  readonly name: string;
  readonly type: RecordType;
  readonly setIdentifier: string | null;
  readonly code: /** Records without any ownership stand at the name. */
    | "foreign"
    /** Another owner id holds it, and a union would not be lawful. */
    | "other-owner"
    /** Two of our own resources ask for what cannot stand together; the older holder, else the first by name, keeps it. */
    | "unlawful-union"
    /** The name, its registry name, a value or a policy is refused by DNS or by the provider. */
    | "refused";
  /** Owner id that holds the name, or null when nobody claims it. */
  readonly owner: string | null;
  /** Resource that asked and did not get it, `kind/namespace/name`. */
  readonly resource: string;
  readonly message: string;
}

/** A change that waits for a person (DESIGN.md rule 4). */
export interface HeldChange {
  readonly change: DnsChange;
  readonly code: "empties-live-name" | "too-many-deletes";
  readonly message: string;
}

/** What is to be done to one zone. Pure data: applying it twice, or resuming it by planning again, is harmless. */
export interface DnsPlan {
  readonly zone: Zone;
  /** In this order: what answers point to comes first, what nobody points to any more goes last. */
  readonly changes: readonly DnsChange[];
  readonly conflicts: readonly DnsConflict[];
  readonly held: readonly HeldChange[];
  /** Text whose SHA-256 (hex) a person approves to let `held` pass; empty when nothing is held. */
  readonly removal: string;
}

/** Identity of a set inside a zone. */
export function recordKey(set: Pick<RecordSet, "name" | "type" | "setIdentifier">): string {
  // Tab is in no canonical name, type or set identifier.
  return `${set.name}\t${set.type}\t${set.setIdentifier ?? ""}`;
}

/** A set that some resource asks for, before anybody looked whether it can stand. */
export interface DesiredSet {
  readonly set: RecordSet;
  /** `kind/namespace/name` of the object that asks; with `@cluster` where one cluster is the reason. */
  readonly resource: string;
  /** In which zones of its name the set belongs; `clusterset.local` only ever in private ones. */
  readonly visibility: Zone["visibility"];
}

/** A set without policy, health check, alias or properties. */
export function plainSet(name: string, type: RecordType, values: readonly string[], ttlSeconds: number): RecordSet {
  const sorted = [...new Set(values)].sort();
  const rest = { setIdentifier: null, policy: null, healthCheckId: null, alias: null, properties: [] };
  return { name, type, ttlSeconds, values: sorted, ...rest };
}
