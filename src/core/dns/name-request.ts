import type { FederatedRecords } from "./federated-service.ts";
import type { DnsCapabilities, Zone } from "./records.ts";

export interface ManagedZone {
  readonly zone: Zone;
  readonly capabilities: DnsCapabilities;
}

/** A name's wish before it is known which zone, and thus which provider, it is for. */
export interface NameRequest {
  readonly name: string;
  readonly resource: string;
  readonly visibility: Zone["visibility"];
  /** Suffix of further names that may lie in zones below; null when `name` is the only one. */
  readonly below: string | null;
  readonly answer: (managed: ManagedZone) => FederatedRecords;
}
