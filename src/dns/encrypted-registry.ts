/**
 * A provider whose registry TXTs are encrypted as external-dns does it. Plans see plain text; what stands in the zone,
 * and what is compared with it, is the encrypted text. A TXT that is plain is read too, and encrypted when it is written
 * next; one that another key encrypted is nobody's.
 */
import { causeOf } from "../core/cause.ts";
import { type DnsChange, type RecordSet, recordKey, type Zone } from "../core/dns/records.ts";
import { parseLabels } from "../core/dns/txt-registry.ts";
import { txtText, txtValue } from "../core/dns/txt-text.ts";
import type { DnsProvider } from "./provider.ts";
import { decryptText, encryptText, type RegistryKey } from "./txt-encryption.ts";

/** The same provider, with the registry's texts opened and sealed. */
export function encryptedRegistry(inner: DnsProvider, key: RegistryKey): DnsProvider {
  /** By zone: the value that stands for a plain one of a set. */
  const sealed = new Map<string, Map<string, string>>();
  const list = async (zone: Zone): Promise<readonly RecordSet[]> => {
    const known = new Map<string, string>();
    const sets = await inner.list(zone);
    const opened = await Promise.all(sets.map((set) => open(set, key, known)));
    sealed.set(zone.id, known);
    return opened;
  };
  return {
    name: inner.name,
    capabilities: inner.capabilities,
    zones: () => inner.zones(),
    list,
    async apply(zone, changes) {
      // Without a look at the zone nobody knows which nonces stand there.
      const problem = sealed.has(zone.id) ? null : await list(zone).then(() => null, causeOf);
      if (problem !== null) return changes.map(() => ({ status: "failed", message: problem }));
      const known = sealed.get(zone.id) ?? new Map<string, string>();
      return inner.apply(zone, await Promise.all(changes.map((change) => sealChange(change, key, known))));
    },
  };
}

async function open(set: RecordSet, key: RegistryKey, known: Map<string, string>): Promise<RecordSet> {
  if (set.type !== "TXT") return set;
  const values = await Promise.all(
    set.values.map(async (value) => {
      const found = await decryptText(txtText(value) ?? "", key);
      if (found === null || parseLabels(found.text) === null) return value;
      const plain = txtValue(found.text);
      known.set(nameOf(set, plain), value);
      return plain;
    }),
  );
  return { ...set, values: values.toSorted() };
}

async function sealChange(change: DnsChange, key: RegistryKey, known: Map<string, string>): Promise<DnsChange> {
  const before = change.before.map((set) => withValues(set, (value) => known.get(nameOf(set, value)) ?? value));
  const after = await Promise.all(
    change.after.map(async (set) => {
      for (const value of set.type === "TXT" ? set.values : []) {
        const text = txtText(value);
        if (known.has(nameOf(set, value)) || text === null || parseLabels(text) === null) continue;
        // Always a nonce of its own: the same one for two texts would tell both. Kept, so that to send a change again
        // is to send the same.
        known.set(nameOf(set, value), txtValue(await encryptText(text, key, null)));
      }
      return withValues(set, (value) => known.get(nameOf(set, value)) ?? value);
    }),
  );
  return { ...change, before, after };
}

function withValues(set: RecordSet, change: (value: string) => string): RecordSet {
  return set.type === "TXT" ? { ...set, values: set.values.map(change).toSorted() } : set;
}

function nameOf(set: RecordSet, value: string): string {
  return `${recordKey(set)}\t${value}`;
}
