/** What control remembers of the hosts at one edge, kept in the store: written before anything is attached or detached. */
import { type HostMemory, NO_HOSTS } from "../core/hosts/plan.ts";
import { canonicalJson } from "../core/snapshot/canonical.ts";
import { integer, list, nullable, parse, type Read, record, text } from "../core/snapshot/guard.ts";
import type { Store } from "../store/store.ts";
import { textStore } from "../store/text.ts";

export interface StoredHosts {
  readonly memory: HostMemory;
  /** Of the store; null for nothing stored. */
  readonly version: string | null;
}

const MANY = 1_000_000;
const name = text(1024);

const readMemory: Read<HostMemory> = record<HostMemory>({
  format: (value, at) => {
    integer(1, 1)(value, at);
    return 1;
  },
  ours: list(record({ host: name, freeSinceMs: nullable(integer()) }), MANY),
  served: list(name, MANY),
});

/** Nothing where nothing can be read: then no host is ours, and none is detached. */
export async function readHostMemory(store: Store, edge: string): Promise<StoredHosts> {
  const stored = await textStore(store).getVersioned(keyOf(edge));
  const parsed = parse(readMemory, stored?.text ?? "null");
  return { memory: parsed.ok ? parsed.value : NO_HOSTS, version: stored?.version ?? null };
}

/** The new state of the store; null when another control function was faster. */
export async function writeHostMemory(
  store: Store,
  edge: string,
  { memory, version }: StoredHosts,
): Promise<StoredHosts | null> {
  const next = await textStore(store).put(keyOf(edge), canonicalJson(memory), { version });
  return next === null ? null : { memory, version: next };
}

function keyOf(edge: string): string {
  return `hosts/${edge}`;
}
