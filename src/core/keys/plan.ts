/**
 * The next list of keys, from the list before, what is wanted and what was read. Nothing goes without a reason that was
 * seen: a Secret that cannot be read, is gone or is bad leaves the last good certificate where it is.
 *
 * | the Secret                                  | its entry                                   |
 * |---------------------------------------------|---------------------------------------------|
 * | wanted, read, good                          | its certificate; the old envelope if it is the same |
 * | wanted, anything else                       | the certificate before, for hosts that are still given |
 * | not wanted: its Ingress was seen without it, or seen to go | goes                         |
 * | not wanted: its Ingress is only missing, the host is still published | stays              |
 * | not wanted: the host is no longer published, or another namespace's  | goes               |
 */
import { coversHost, isCovered, wildcardOf } from "../host-pattern.ts";
import { compareText } from "../match-route.ts";
import { objectKey, type Observation } from "../objects.ts";
import { bySecret, type KeyEntry, secretId } from "./key-list.ts";
import { type HostIndex, othersUnder, type WantedSecret } from "./wanted.ts";

/** A certificate that may be sealed, or was. */
export interface GoodCertificate {
  readonly fingerprint: string;
  readonly names: readonly string[];
  readonly expiresMs: number;
}

export interface PlannedEntry extends KeyEntry {
  /** The Secret has to be sealed: no envelope holds this certificate for these recipients yet. */
  readonly seal: boolean;
}

export interface KeyPlanInput {
  readonly before: readonly KeyEntry[];
  readonly wanted: ReadonlyMap<string, WantedSecret>;
  /** What was read of a Secret, by its id; a Secret without one could not be used. */
  readonly good: ReadonlyMap<string, GoodCertificate>;
  /** Ids, sorted. */
  readonly recipients: readonly string[];
  readonly observations: readonly Observation[];
  readonly hosts: HostIndex;
}

/** Sorted by Secret. */
export function planKeys(input: KeyPlanInput): readonly PlannedEntry[] {
  const before = new Map(input.before.map((entry) => [secretId(entry), entry]));
  const entries: PlannedEntry[] = [];
  for (const [id, wanted] of input.wanted) entries.push(wantedEntry(wanted, before.get(id) ?? null, id, input));
  for (const [id, entry] of before) {
    if (input.wanted.has(id)) continue;
    const hosts = entry.hosts.filter((host) => isHeld(entry, host, input));
    const except = othersUnder(hosts, entry.namespace, input.hosts);
    if (hosts.length > 0) entries.push({ ...entry, hosts, except, seal: false });
  }
  return entries.filter(({ hosts }) => hosts.length > 0).sort(bySecret);
}

function wantedEntry(
  wanted: WantedSecret,
  before: KeyEntry | null,
  id: string,
  { good, recipients, hosts: index }: KeyPlanInput,
): PlannedEntry {
  const { cluster, namespace, secret } = wanted;
  const ingresses = [...new Set(wanted.uses.map(({ meta }) => meta.name))].sort(compareText);
  const found = good.get(id) ?? null;
  const isSame =
    before !== null &&
    before.envelope !== null &&
    found?.fingerprint === before.fingerprint &&
    before.recipients.join() === recipients.join();
  const certificate = found ?? before;
  // Without any certificate here an edge may still have one from before the store was lost.
  const covered =
    certificate === null || certificate.fingerprint === null
      ? wanted.hosts
      : wanted.hosts.filter((host) => isCovered(host, certificate.names));
  return {
    cluster,
    namespace,
    secret,
    hosts: covered,
    except: othersUnder(covered, namespace, index),
    ingresses,
    envelope: found === null || isSame ? (before?.envelope ?? null) : null,
    fingerprint: certificate?.fingerprint ?? null,
    names: listed(certificate?.names ?? [], covered),
    expiresMs: certificate?.expiresMs ?? 0,
    recipients: found === null ? (before?.recipients ?? []) : recipients,
    seal: found !== null && !isSame,
  };
}

/** As many as public authorities put into one certificate: one list holds all of a fleet, and one Secret must not fill it. */
const MAX_LISTED = 100;

/** Names of a certificate as they are listed: what it is shown for goes first. */
function listed(names: readonly string[], hosts: readonly string[]): readonly string[] {
  if (names.length <= MAX_LISTED) return names;
  const used = names.filter((name) => hosts.some((host) => coversHost(name, host)));
  return [...new Set([...used, ...names])].slice(0, Math.max(MAX_LISTED, used.length));
}

/** Whether nobody was seen to take this name away. */
function isHeld(entry: KeyEntry, host: string, { observations, hosts }: KeyPlanInput): boolean {
  const routes = hosts.get(host) ?? hosts.get(wildcardOf(host));
  if (routes === null) return false;
  const isOurs = routes.owner === entry.namespace || routes.sources.some((one) => one.namespace === entry.namespace);
  const source = observations.find(({ cluster }) => cluster === entry.cluster);
  if (!isOurs || source === undefined) return false;
  return entry.ingresses.some((name) => {
    const isThere = source.objects.ingresses.some(
      ({ meta }) => meta.namespace === entry.namespace && meta.name === name,
    );
    return !isThere && !source.deleted.has(objectKey("Ingress", entry.namespace, name));
  });
}
