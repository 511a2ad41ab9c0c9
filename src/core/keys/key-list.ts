/**
 * The list of sealed certificates: small, signed, and the only thing of them that moves. It names each envelope by its
 * hash, which hosts it is for and to whom it is sealed; no key and no part of one stands in it.
 */
import { compareText } from "../match-route.ts";
import { canonicalJson } from "../snapshot/canonical.ts";
import { integer, list, nullable, parse, type Parsed, type Read, record, sha256, text } from "../snapshot/guard.ts";
import { LIMITS } from "../snapshot/shapes.ts";

export const KEY_FORMAT = 1;
/** Where the list is in the store; envelopes are beside it, under their hashes. */
export const KEY_LIST = "keys/list";
/** Before what is signed: neither a manifest's signature nor this one passes for the other. */
export const KEY_LIST_DOMAIN = "portolan keys\n";

/** A Secret of one source; null is the config source. */
export interface SecretName {
  readonly cluster: string | null;
  readonly namespace: string;
  readonly secret: string;
}

export interface KeyEntry extends SecretName {
  /** Names that it may be shown for, sorted; `*.example.org` for one label. */
  readonly hosts: readonly string[];
  /** Names under its wildcards that are others'. */
  readonly except: readonly string[];
  /** Names of the Ingresses that ask for it. */
  readonly ingresses: readonly string[];
  /** SHA-256 of the envelope; null when nobody could read the Secret: whoever has its certificate goes on with it. */
  readonly envelope: string | null;
  /** SHA-256 of the certificate and its chain, which the key belongs to; null without an envelope. */
  readonly fingerprint: string | null;
  /** Names in the certificate. */
  readonly names: readonly string[];
  readonly expiresMs: number;
  /** Ids of the edge keys that it is sealed to, sorted. */
  readonly recipients: readonly string[];
}

export interface KeyList {
  readonly format: number;
  readonly audience: string;
  /** Only grows: an edge takes no older list. */
  readonly serial: number;
  readonly entries: readonly KeyEntry[];
  /** Envelopes of the list before this one, which edges may be reading still. */
  readonly retired: readonly string[];
}

const name = text(253);
/** Of one certificate, and recipients of one envelope. */
export const MAX_NAMES = 1000;

const readEntry: Read<KeyEntry> = record<KeyEntry>({
  cluster: nullable(name),
  namespace: name,
  secret: name,
  hosts: list(name, LIMITS.hosts),
  except: list(name, LIMITS.hosts),
  ingresses: list(name, LIMITS.hosts),
  envelope: nullable(sha256),
  fingerprint: nullable(sha256),
  names: list(name, MAX_NAMES),
  expiresMs: integer(),
  recipients: list(text(64), MAX_NAMES),
});

const readList: Read<KeyList> = record<KeyList>({
  format: integer(KEY_FORMAT, KEY_FORMAT),
  audience: name,
  serial: integer(),
  entries: list(readEntry, LIMITS.hosts),
  retired: list(sha256, 2 * LIMITS.hosts),
});

/** Total. */
export function readKeyList(payload: string): Parsed<KeyList> {
  return parse(readList, payload);
}

export function keyListText(keys: KeyList): string {
  return canonicalJson(keys);
}

export function envelopeKey(hash: string): string {
  return `keys/${hash}`;
}

/** One text for one Secret; namespaces and names hold no "/". */
export function secretId({ cluster, namespace, secret }: SecretName): string {
  return `${cluster ?? ""}/${namespace}/${secret}`;
}

/** `Secret default/shop-tls of cluster fra`, for messages. */
export function secretText({ cluster, namespace, secret }: SecretName): string {
  return `Secret ${namespace}/${secret}${cluster === null ? "" : ` of cluster ${cluster}`}`;
}

export function bySecret(a: SecretName, b: SecretName): number {
  return compareText(secretId(a), secretId(b));
}
