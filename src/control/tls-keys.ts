/**
 * Certificates of `spec.tls` on their way to the edges: which are wanted, read, judged, sealed, published. Behind the
 * loop, as everything is that asks others. Whatever cannot be read leaves the last good certificate where it is.
 */
import { problemOf } from "../core/compile/problem.ts";
import { KEY_FORMAT, type KeyEntry, secretId, type SecretName, secretText } from "../core/keys/key-list.ts";
import { type GoodCertificate, planKeys, type PlannedEntry } from "../core/keys/plan.ts";
import type { SecretRead } from "../core/keys/secret-read.ts";
import type { Wanted, WantedSecret } from "../core/keys/wanted.ts";
import type { Problem } from "../core/objects.ts";
import { canonicalJson } from "../core/snapshot/canonical.ts";
import type { Recipient } from "../store/keys/edge-key.ts";
import type { KeyStore, PublishedKeys } from "../store/keys/key-store.ts";
import { type PlainKey, sealKey } from "../store/keys/seal.ts";
import { verdictOf } from "./certificate-check.ts";
import { type SecretVerdict, verdictProblems } from "./secret-verdict.ts";
import type { ReconcileResult } from "./reconcile.ts";
import { look, type Seen } from "./tls-seen.ts";

export interface TlsKeysDeps {
  readonly keys: KeyStore;
  /** A reader for one pass, which reads one Secret and never rejects. */
  readonly reader: () => (secret: SecretName) => Promise<SecretRead>;
  /** Whom to seal to, as of now. Rejects while that cannot be told: then nothing changes. */
  readonly recipients: () => Promise<readonly Recipient[]>;
  /** SHA-256 of a text, hex. */
  readonly digest: (text: string) => Promise<string>;
  readonly now: () => number;
}

export interface TlsKeysOptions {
  readonly audience: string;
  /** A Secret is read again after so long: it may not be watched. */
  readonly intervalMs: number;
}

export interface TlsKeys {
  /** Brings the list in step. Resolves to what was sealed anew, null when there was nothing to do or nothing to go on. */
  bring(result: ReconcileResult): Promise<readonly SecretName[] | null>;
  /** What is wrong with Secrets and the Ingresses that name them. */
  problems(): readonly Problem[];
  /** What edges can have now. */
  entries(): readonly TlsKeyState[];
}

/** One Secret of the list, and whether its certificate is the one that was read last. */
export interface TlsKeyState {
  readonly state: "sealed" | "kept" | "missing";
  readonly expiresMs: number;
}

/** Secrets of one cluster that are read at the same time. */
const AT_ONCE = 8;
/** What could not be used is looked at again sooner: somebody may be repairing it. */
const RETRY_MS = 10_000;
const ATTEMPTS = 3;

interface Known {
  readonly readAtMs: number;
  readonly asked: string;
  readonly verdict: SecretVerdict;
}

interface Pass {
  /** What is good, by Secret; filled on the way and gone with the pass. */
  readonly plain: Map<string, PlainKey>;
  readonly recipients: readonly Recipient[];
  readonly readOne: (secret: SecretName) => Promise<SecretRead>;
}

/** Starts knowing nothing; what is published is in the store. */
export function tlsKeys(deps: TlsKeysDeps, { audience, intervalMs }: TlsKeysOptions): TlsKeys {
  const known = new Map<string, Known>();
  let seen: Seen | null = null;
  let problems: readonly Problem[] = [];
  let states: readonly TlsKeyState[] = [];

  function isDue(id: string, wanted: WantedSecret, nowMs: number): boolean {
    const one = known.get(id);
    if (one === undefined || one.asked !== askedBy(wanted)) return true;
    const everyMs = one.verdict.good === null ? Math.min(intervalMs, RETRY_MS) : intervalMs;
    return nowMs - one.readAtMs >= everyMs || nowMs < one.readAtMs;
  }

  /** Reads them; what is good is in the result, and nowhere else. Clusters do not wait for each other. */
  async function read(
    wanted: readonly (readonly [string, WantedSecret])[],
    readOne: Pass["readOne"],
  ): Promise<Map<string, PlainKey>> {
    const plain = new Map<string, PlainKey>();
    const note = (id: string, one: WantedSecret, found: SecretRead): void => {
      const nowMs = deps.now();
      const verdict = verdictOf(found, one.hosts, nowMs);
      known.set(id, { readAtMs: nowMs, asked: askedBy(one), verdict });
      if (found.ok && verdict.good !== null) plain.set(id, found);
    };
    const readCluster = async (own: typeof wanted): Promise<void> => {
      let silent: SecretRead | null = null;
      for (let from = 0; from < own.length; from += AT_ONCE) {
        const together = own.slice(from, from + AT_ONCE).map(async ([id, one]) => {
          // An API that does not answer for one is not asked for the rest: each would wait as long.
          const found = silent ?? (await readOne(one));
          if (!found.ok && found.isSilent === true) silent = found;
          note(id, one, found);
        });
        await Promise.all(together);
      }
    };
    const clusters = Map.groupBy(wanted, ([, { cluster }]) => cluster);
    await Promise.all([...clusters.values()].map(readCluster));
    return plain;
  }

  async function publish(
    before: PublishedKeys,
    plan: readonly PlannedEntry[],
    { plain, recipients }: { readonly plain: ReadonlyMap<string, PlainKey>; readonly recipients: readonly Recipient[] },
  ): Promise<readonly SecretName[] | null> {
    const envelopes = new Map<string, string>();
    const entries: KeyEntry[] = [];
    const sealed: SecretName[] = [];
    for (const { seal, ...entry } of plan) {
      const secret = seal ? plain.get(secretId(entry)) : undefined;
      if (secret === undefined) {
        entries.push(entry);
        continue;
      }
      const text = sealKey(secret, { ...entry, audience }, recipients);
      const hash = await deps.digest(text);
      envelopes.set(hash, text);
      entries.push({ ...entry, envelope: hash });
      sealed.push(entry);
    }
    const old = before.list?.entries ?? [];
    if (before.list !== null && canonicalJson(entries) === canonicalJson(old)) return [];
    const used = new Set(entries.map(({ envelope }) => envelope));
    const retired = old.flatMap(({ envelope }) => (envelope === null || used.has(envelope) ? [] : [envelope]));
    // Time makes it newer than whatever edges hold of a store that was lost.
    const serial = Math.max((before.list?.serial ?? 0) + 1, deps.now());
    const next = { format: KEY_FORMAT, audience, serial, entries, retired };
    return (await deps.keys.publish(next, envelopes, before)) ? sealed : null;
  }

  async function once(
    { wanted: { secrets }, observed, hosts }: Seen,
    { plain, recipients, readOne }: Pass,
  ): Promise<readonly SecretName[] | null> {
    const before = await deps.keys.current();
    const planned = () =>
      planKeys({
        before: before.list?.entries ?? [],
        wanted: secrets,
        good: goodOf(known),
        recipients: recipients.map(({ id }) => id),
        observations: observed,
        hosts,
      });
    // Good before, but what was sealed of it is gone or for others.
    const first = planned();
    const again = first.filter(({ seal, ...entry }) => seal && !plain.has(secretId(entry)));
    const wanted = again.flatMap((entry) => {
      const one = secrets.get(secretId(entry));
      return one === undefined ? [] : [[secretId(entry), one] as const];
    });
    for (const [id, text] of await read(wanted, readOne)) plain.set(id, text);
    const plan = again.length === 0 ? first : planned();
    states = plan.map((entry) => ({ state: stateOf(entry, known), expiresMs: entry.expiresMs }));
    return await publish(before, plan, { plain, recipients });
  }

  return {
    problems: () => problems,
    entries: () => states,
    async bring({ published, observations }) {
      if (published === null || observations === null) return null;
      const recipients = (await deps.recipients()).toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const to = recipients.map(({ id }) => id).join();
      const now = look(published.snapshot, [observations.config, ...observations.clusters], seen);
      const { secrets, problems: ofIngresses } = now.wanted;
      const nowMs = deps.now();
      const due = [...secrets].filter(([id, one]) => isDue(id, one, nowMs));
      if (now === seen && seen.to === to && due.length === 0) return null;
      // Whatever fails from here on is begun anew by the next reconcile.
      seen = null;
      for (const id of known.keys()) if (!secrets.has(id)) known.delete(id);
      const readOne = deps.reader();
      const plain = await read(due, readOne);
      let sealed: readonly SecretName[] | null = null;
      for (let attempt = 1; sealed === null && attempt <= ATTEMPTS; attempt += 1) {
        sealed = await once(now, { plain, recipients, readOne });
      }
      problems = [...ofIngresses, ...secretProblems(now.wanted, known)];
      // Another writer that wins again and again is a second control function: the next reconcile comes.
      seen = { ...now, to: sealed === null ? null : to };
      return sealed;
    },
  };
}

function goodOf(known: ReadonlyMap<string, Known>): ReadonlyMap<string, GoodCertificate> {
  return new Map([...known].flatMap(([id, { verdict }]) => (verdict.good === null ? [] : [[id, verdict.good]])));
}

function stateOf(entry: PlannedEntry, known: ReadonlyMap<string, Known>): TlsKeyState["state"] {
  if (entry.envelope === null && !entry.seal) return "missing";
  return (known.get(secretId(entry))?.verdict.good ?? null) === null ? "kept" : "sealed";
}

function askedBy({ uses }: WantedSecret): string {
  return JSON.stringify(uses.map(({ meta, field, hosts }) => [meta.name, meta.resourceVersion, field, hosts]));
}

function secretProblems({ secrets }: Wanted, known: ReadonlyMap<string, Known>): readonly Problem[] {
  return [...secrets].flatMap(([id, wanted]) => {
    const found = known.get(id);
    if (found === undefined) return [];
    const about = secretText(wanted);
    return verdictProblems(found.verdict, about).flatMap(({ severity, reason, message }) =>
      wanted.uses.map(({ meta, field }) => problemOf(severity, reason, wanted.cluster, meta, field, message)),
    );
  });
}
