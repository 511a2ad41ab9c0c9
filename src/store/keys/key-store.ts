/**
 * Where keys travel: sealed envelopes under their hashes, and one signed list that names them, by compare-and-set. What is
 * in it may be read by anybody who reads the store; only edges open it.
 */
import {
  envelopeKey,
  KEY_LIST,
  KEY_LIST_DOMAIN,
  type KeyList,
  keyListText,
  readKeyList,
} from "../../core/keys/key-list.ts";
import { LIMITS } from "../../core/snapshot/shapes.ts";
import { envelopeText, parseSigned } from "../../core/snapshot/manifest.ts";
import type { Store } from "../store.ts";
import { textStore } from "../text.ts";

/** The list that is published, and its version: what `publish` replaces. */
export interface PublishedKeys {
  /** Null where there is none, or none that we signed. */
  readonly list: KeyList | null;
  readonly version: string | null;
}

export interface KeyStore {
  /** Rejects when the store cannot be reached: that is not the same as no list. */
  current(): Promise<PublishedKeys>;
  /**
   * Envelopes first, then the list, if `replaces` is still the version there. False when another writer was faster; then
   * nothing but envelopes that nobody names was written. What two lists ago was named is removed. RangeError for a list that
   * no edge could read.
   */
  publish(next: KeyList, envelopes: ReadonlyMap<string, string>, before: PublishedKeys): Promise<boolean>;
}

export interface KeyStoreDeps {
  readonly store: Store;
  readonly audience: string;
  readonly sign: (text: string) => Promise<{ readonly keyId: string; readonly signature: string }>;
  readonly verify: (text: string, keyId: string, signature: string) => Promise<boolean>;
}

/** The keys of one fleet in a store. */
export function keyStore({ store, audience, sign, verify }: KeyStoreDeps): KeyStore {
  const text = textStore(store);
  return {
    async current() {
      const stored = await text.getVersioned(KEY_LIST);
      if (stored === null) return { list: null, version: null };
      const read = await readSignedKeys(stored.text, audience, verify);
      return { list: read.ok ? read.list : null, version: stored.version };
    },
    async publish(next, envelopes, before) {
      const payload = keyListText(next);
      // The way back through the edge's own reader: what an edge could not read would show here first.
      const dryRun = readKeyList(payload);
      if (!dryRun.ok || payload.length > LIMITS.sliceCharacters) {
        const why = dryRun.ok ? `${payload.length} characters of at most ${LIMITS.sliceCharacters}` : dryRun.problem;
        throw new RangeError(`Cannot publish the list of keys: ${why}`);
      }
      for (const [hash, envelope] of envelopes) await text.put(envelopeKey(hash), envelope, "any");
      const signed = envelopeText({ payload, ...(await sign(KEY_LIST_DOMAIN + payload)) });
      if ((await text.put(KEY_LIST, signed, { version: before.version })) === null) return false;
      const named = new Set([...next.entries.map(({ envelope }) => envelope), ...next.retired]);
      for (const hash of before.list?.retired ?? []) if (!named.has(hash)) await store.delete(envelopeKey(hash));
      return true;
    },
  };
}

export type SignedKeys =
  | { readonly ok: true; readonly list: KeyList }
  | { readonly ok: false; readonly problem: string };

/** A list as it is stored, for one fleet and with a signature that is believed; total. */
export async function readSignedKeys(
  json: string,
  audience: string,
  verify: KeyStoreDeps["verify"],
): Promise<SignedKeys> {
  const outer = parseSigned(json);
  if (!outer.ok) return { ok: false, problem: `the list of keys cannot be read: ${outer.problem}` };
  const { payload, keyId, signature } = outer.value;
  const isSigned = keyId !== null && signature !== null && (await verify(KEY_LIST_DOMAIN + payload, keyId, signature));
  if (!isSigned) return { ok: false, problem: "the list of keys is not signed by a key that is believed" };
  const inner = readKeyList(payload);
  if (!inner.ok) return { ok: false, problem: `the list of keys cannot be read: ${inner.problem}` };
  if (inner.value.audience !== audience) {
    return { ok: false, problem: `the list of keys is for the fleet "${inner.value.audience}", not "${audience}"` };
  }
  return { ok: true, list: inner.value };
}
