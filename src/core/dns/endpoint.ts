/**
 * external-dns' words: the shape in which its webhook protocol, its TXT registry and its planner see records. Used in
 * mode `compat` only; everything else speaks `RecordSet`.
 */

/** An entry of `providerSpecific`: a setting of one provider that has no field of its own. */
export interface EndpointProperty {
  readonly name: string;
  readonly value: string;
}

/** One record set of external-dns. Absent text is empty, an absent TTL is 0, as its JSON leaves both out. */
export interface Endpoint {
  readonly dnsName: string;
  readonly recordType: string;
  readonly targets: readonly string[];
  readonly recordTTL: number;
  readonly setIdentifier: string;
  /** `owner`, `resource`, `ownedRecord` and whatever else a registry kept. */
  readonly labels: Readonly<Record<string, string>>;
  readonly providerSpecific: readonly EndpointProperty[];
}

/** What external-dns sends to a provider: updates are pairs, the n-th old with the n-th new. */
export interface EndpointChanges {
  readonly create: readonly Endpoint[];
  readonly updateOld: readonly Endpoint[];
  readonly updateNew: readonly Endpoint[];
  readonly delete: readonly Endpoint[];
}
