/** Records with the ownership that external-dns' TXT registry keeps for them, and changes with their TXTs. */
import type { Endpoint, EndpointChanges } from "./endpoint.ts";
import { fitsLabels, labelText, parseLabels, type RegistryFormat, subjectOfTxt, txtNameOf } from "./txt-registry.ts";

export interface CompatRegistry {
  readonly format: RegistryFormat;
  readonly ownerId: string;
  /** The owner id that is being replaced; empty outside a migration. */
  readonly oldOwnerId: string;
  readonly managedTypes: readonly string[];
  readonly excludedTypes: readonly string[];
}

/** What one listing of the zone says. */
export interface OwnedRecords {
  /** Without the registry's own TXTs; each with the labels its TXT gave it. */
  readonly records: readonly Endpoint[];
  /** Registry TXTs that are there, by `name` and set identifier, with their text. */
  readonly txts: ReadonlyMap<string, string>;
}

/** Property that makes the planner rewrite a record whose typed TXT is missing. */
const FORCE_UPDATE = "txt/force-update";

/** Separates registry TXTs from records, and gives each record its owner. A TXT without targets is nobody's. */
export function ownedRecords(registry: CompatRegistry, zone: readonly Endpoint[]): OwnedRecords {
  const labels = new Map<string, Readonly<Record<string, string>>>();
  const txts = new Map<string, string>();
  const records: Endpoint[] = [];
  for (const one of zone) {
    if (one.recordType !== "TXT") {
      records.push(one);
      continue;
    }
    const [text] = one.targets;
    if (text === undefined) continue;
    const found = parseLabels(text);
    if (found === null) {
      records.push(one);
      continue;
    }
    const subject = subjectOfTxt(registry.format, one.dnsName);
    labels.set(key(subject.recordName, subject.recordType, one.setIdentifier), found);
    txts.set(txtKey(one), text);
  }
  const names = new Set([...txts.keys()].map((one) => one.slice(0, one.indexOf("\t"))));
  return { records: records.map((one) => withOwner(registry, one, labels, names)), txts };
}

/** What the provider is sent: our changes only, each with its TXT. `txts` is what the last listing saw. */
export function changesWithTxts(
  registry: CompatRegistry,
  changes: EndpointChanges,
  txts: ReadonlyMap<string, string>,
): EndpointChanges {
  const isOurs = (one: Endpoint): boolean => one.labels["owner"] === registry.ownerId;
  const create = changes.create.map((one) => ({ ...one, labels: { ...one.labels, owner: registry.ownerId } }));
  const missing = create.flatMap((one) => txtsOf(registry, one)).filter((one) => !txts.has(txtKey(one)));
  const updateOld = changes.updateOld.filter(isOurs);
  const updateNew = changes.updateNew.filter(isOurs);
  const remove = changes.delete.filter(isOurs);
  // A delete has to name the text that is there, not the one that would be written today.
  const stored = (one: Endpoint): Endpoint => ({ ...one, targets: [txts.get(txtKey(one)) ?? one.targets[0] ?? ""] });
  return {
    create: [...create, ...missing],
    updateOld: [...updateOld, ...updateOld.flatMap((one) => txtsOf(registry, one)).map(stored)],
    updateNew: [...updateNew, ...updateNew.flatMap((one) => txtsOf(registry, one))],
    delete: [...remove, ...remove.flatMap((one) => txtsOf(registry, one)).map(stored)],
  };
}

/** The TXT of a record; none when a label of its name would be too long, which leaves the record without an owner. */
export function txtsOf(registry: CompatRegistry, endpoint: Endpoint): readonly Endpoint[] {
  const dnsName = txtNameOf(registry.format, endpoint.dnsName, endpoint.recordType);
  if (!fitsLabels(dnsName)) return [];
  const migrates = registry.oldOwnerId !== "" && endpoint.labels["owner"] === registry.oldOwnerId;
  const labels = migrates ? { ...endpoint.labels, owner: registry.ownerId } : endpoint.labels;
  return [
    {
      dnsName,
      recordType: "TXT",
      targets: [labelText(labels, true)],
      recordTTL: 0,
      setIdentifier: endpoint.setIdentifier,
      labels: { ownedRecord: endpoint.dnsName },
      providerSpecific: endpoint.providerSpecific,
    },
  ];
}

function withOwner(
  registry: CompatRegistry,
  endpoint: Endpoint,
  labels: ReadonlyMap<string, Readonly<Record<string, string>>>,
  txtNames: ReadonlySet<string>,
): Endpoint {
  const found = labelsFor(registry, endpoint, labels);
  const merged: Record<string, string> = { ...endpoint.labels, ...found };
  if (registry.oldOwnerId !== "" && merged["owner"] === registry.oldOwnerId) merged["owner"] = registry.ownerId;
  const owned = { ...endpoint, labels: merged };
  const isManaged =
    registry.managedTypes.includes(endpoint.recordType) && !registry.excludedTypes.includes(endpoint.recordType);
  if (!isManaged || txtNames.size === 0 || merged["owner"] !== registry.ownerId) return owned;
  const isMissing = txtsOf(registry, owned).some((txt) => !txtNames.has(txt.dnsName));
  if (!isMissing) return owned;
  const others = owned.providerSpecific.filter((one) => one.name !== FORCE_UPDATE);
  return { ...owned, providerSpecific: [...others, { name: FORCE_UPDATE, value: "true" }] };
}

function labelsFor(
  { format }: CompatRegistry,
  endpoint: Endpoint,
  labels: ReadonlyMap<string, Readonly<Record<string, string>>>,
): Readonly<Record<string, string>> | undefined {
  const [first = "", ...rest] = endpoint.dnsName.split(".");
  const isWild = first === "*" && format.wildcardReplacement !== "";
  const name = isWild ? [format.wildcardReplacement, ...rest].join(".") : endpoint.dnsName;
  const of = (type: string): Readonly<Record<string, string>> | undefined =>
    labels.get(key(name, type, endpoint.setIdentifier));
  const typed = of(endpoint.recordType) ?? (isAliasOfA(endpoint) ? of("CNAME") : undefined);
  // The untyped form is older than AAAA support: it never spoke of AAAA.
  return typed ?? (endpoint.recordType === "AAAA" ? undefined : of(""));
}

function isAliasOfA(endpoint: Endpoint): boolean {
  if (endpoint.recordType !== "A") return false;
  return endpoint.providerSpecific.some(({ name, value }) => name === "alias" && (value === "true" || value === "A"));
}

function key(name: string, type: string, setIdentifier: string): string {
  return `${name}\t${type}\t${setIdentifier}`;
}

function txtKey(endpoint: Endpoint): string {
  return `${endpoint.dnsName}\t${endpoint.setIdentifier}`;
}
