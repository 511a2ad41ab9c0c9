/** What was asked for, and the names a person adopts, kept in the store. */
import { type AskedMemory, NOTHING_ASKED } from "../core/dns/asked-memory.ts";
import { canonicalJson } from "../core/snapshot/canonical.ts";
import {
  integer,
  list,
  nullable,
  oneOf,
  orDefault,
  parse,
  type Read,
  record,
  text,
  truth,
} from "../core/snapshot/guard.ts";
import type { Store } from "../store/store.ts";
import { textStore } from "../store/text.ts";

const ASKED = "dns/asked";
const ADOPTED = "dns/adopted";
const MANY = 1_000_000;

const name = text(1024);
const readAsked: Read<AskedMemory> = record<AskedMemory>({
  format: (value, at) => {
    integer(1, 1)(value, at);
    return 1;
  },
  hosts: list(record({ host: name, seenMs: integer() }), MANY),
  members: list(
    record({
      service: name,
      cluster: name,
      use: orDefault(oneOf("addresses", "pods", "export"), "addresses"),
      region: nullable(name),
      zones: list(name, 100),
      seenMs: integer(),
      isGone: truth,
    }),
    MANY,
  ),
  clusters: list(record({ cluster: name, seenMs: integer(), isGone: truth }), MANY),
});

/** Nothing where nothing can be read: then nothing is explained, and removals wait for a person. */
export async function readAskedMemory(store: Store): Promise<AskedMemory> {
  const parsed = parse(readAsked, (await textStore(store).get(ASKED)) ?? "null");
  return parsed.ok ? parsed.value : NOTHING_ASKED;
}

/** Written before the zones are: a name must not outlive the memory of who asked for it. */
export async function writeAskedMemory(store: Store, memory: AskedMemory): Promise<void> {
  await textStore(store).put(ASKED, canonicalJson(memory), "any");
}

/** Names whose unowned records a person told us to take over (`portolan dns adopt`). */
export async function readAdopted(store: Store): Promise<readonly string[]> {
  const parsed = parse(list(name, MANY), (await textStore(store).get(ADOPTED)) ?? "[]");
  return parsed.ok ? parsed.value : [];
}

/** Adds a name to those that are taken over at the next plan. */
export async function adopt(store: Store, adopted: string): Promise<void> {
  const values = textStore(store);
  for (;;) {
    const stored = await values.getVersioned(ADOPTED);
    const parsed = parse(list(name, MANY), stored?.text ?? "[]");
    const next = [...new Set([...(parsed.ok ? parsed.value : []), adopted])].sort();
    if ((await values.put(ADOPTED, JSON.stringify(next), { version: stored?.version ?? null })) !== null) return;
  }
}
