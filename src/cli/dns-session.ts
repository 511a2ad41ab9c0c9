/** What `portolan dns` asks of the zones; opened in `workers/`, from manifests and the settings of DNS. */
import type { DnsPlan, RecordSet } from "../core/dns/records.ts";
import type { NameReport } from "../core/dns/who.ts";

export interface DnsSessionOptions {
  /** Settings of DNS. */
  readonly config: string;
  /** Manifests, where the command needs to know what is wanted; null where it does not. */
  readonly from: string | null;
  readonly allowPrivateOrigins: boolean;
  /** Whether a provider that throttles is waited for as long as control waits: who only looks gives up sooner. */
  readonly isPatient: boolean;
  /** Only this zone; null for all. */
  readonly zone: string | null;
  /** Clusters to take as not serving: a person's "what if". */
  readonly down: readonly string[];
  /** Journal and memory; null for the folder beside the settings. */
  readonly state: string | null;
}

export interface DnsSession {
  /** Reads the zones and writes nothing, anywhere. */
  plan(): Promise<readonly PlannedZoneReport[]>;
  /** Plans, and carries out what need not wait for a person or was approved by these hashes. */
  apply(approved: readonly string[]): Promise<readonly AppliedZoneReport[]>;
  list(): Promise<readonly ListedZoneReport[]>;
  /** Notes that the records of a name, which nobody owns, are to be taken over by the next plan. */
  adopt(name: string): Promise<void>;
  who(name: string): Promise<readonly WhoReport[]>;
}

interface ZoneReport {
  readonly zone: string;
  readonly visibility: "public" | "private";
  readonly provider: string;
  /** Why the zone could not be dealt with; null when it could. */
  readonly error: string | null;
}

export interface PlannedZoneReport extends ZoneReport {
  /** null with an error. */
  readonly plan: DnsPlan | null;
  /** Hash that lets what is held pass. */
  readonly approval: string | null;
  /** What the provider cannot express. */
  readonly losses: readonly string[];
}

export interface AppliedZoneReport extends PlannedZoneReport {
  /** `busy`: another writer is at it. */
  readonly status: "done" | "busy" | "taken-over" | null;
  readonly by: string | null;
  /** In the order of the plan's changes. */
  readonly outcomes: readonly { readonly status: string; readonly message: string | null }[];
}

export interface ListedZoneReport extends ZoneReport {
  readonly sets: readonly ListedSet[];
}

export interface ListedSet {
  readonly set: RecordSet;
  /** Owner ids; empty for nobody's. */
  readonly owners: readonly string[];
}

export interface WhoReport extends ZoneReport {
  readonly report: NameReport | null;
  /** Newest first. */
  readonly history: readonly HistoryLine[];
}

export interface HistoryLine {
  readonly atMs: number;
  readonly writer: string;
  readonly action: string;
  readonly status: string;
  readonly reason: string;
}
