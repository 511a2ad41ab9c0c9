/** What is stored of one certificate: its key and chain, encrypted, and the way to them for each recipient. */
import { canonicalJson } from "../snapshot/canonical.ts";
import { integer, list, nullable, parse, type Parsed, type Read, record, text } from "../snapshot/guard.ts";
import { KEY_FORMAT, type SecretName } from "./key-list.ts";

/** The content key, encrypted for one recipient. All texts are base64. */
export interface Wrapped {
  /** Id of the recipient's key: its RFC 7638 thumbprint, so that an id and its key cannot part. */
  readonly to: string;
  /** Public half of a pair that was made for this wrapping alone. */
  readonly ephemeral: string;
  readonly key: string;
}

export interface SealedKey extends SecretName {
  readonly format: number;
  readonly audience: string;
  readonly wrapped: readonly Wrapped[];
  readonly nonce: string;
  readonly sealed: string;
}

/** What it is sealed for: whoever opens it says so, too, and a difference in one letter opens nothing. */
export interface SealedFor extends SecretName {
  readonly audience: string;
}

/** Bytes of a certificate with its key, as they are encrypted; the largest that is sealed. */
export const MAX_PLAIN = 131_072;
const MAX_SEALED = 2 * MAX_PLAIN;
const MAX_RECIPIENTS = 1000;

const name = text(253);
const readSealedKey: Read<SealedKey> = record<SealedKey>({
  format: integer(KEY_FORMAT, KEY_FORMAT),
  audience: name,
  cluster: nullable(name),
  namespace: name,
  secret: name,
  wrapped: list(record<Wrapped>({ to: text(64), ephemeral: text(64), key: text(128) }), MAX_RECIPIENTS),
  nonce: text(32),
  sealed: text(MAX_SEALED),
});

/** Total. */
export function readSealed(json: string): Parsed<SealedKey> {
  return parse(readSealedKey, json);
}

export function sealedText(sealed: SealedKey): string {
  return canonicalJson(sealed);
}

/** The associated data of the content, for all recipients: everything around it that must not be exchanged. */
export function contentContext(what: SealedFor, to: readonly string[]): string {
  return context("portolan key", what, to);
}

/** The associated data of a wrapped content key. */
export function wrapContext(what: SealedFor, to: string): string {
  return context("portolan key wrap", what, to);
}

function context(
  purpose: string,
  { audience, cluster, namespace, secret }: SealedFor,
  to: string | readonly string[],
): string {
  return canonicalJson({ for: purpose, format: KEY_FORMAT, audience, cluster, namespace, secret, to });
}
