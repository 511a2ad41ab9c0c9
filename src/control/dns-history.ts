import { causeOf } from "../core/cause.ts";
import type { Zone } from "../core/dns/records.ts";
import type { Store } from "../store/store.ts";
import { dnsJournal } from "./dns-journal.ts";

export interface NameHistory {
  readonly atMs: number;
  readonly writer: string;
  readonly action: string;
  readonly status: string;
  readonly reason: string;
}

const MOST = 10;

/** What was done at one name, newest first; what cannot be read any more is left out. */
export async function historyOf(
  name: string,
  { store, provider, zone }: { readonly store: Store; readonly provider: string; readonly zone: Zone },
): Promise<readonly NameHistory[]> {
  const journal = await dnsJournal(store, provider, zone);
  const found: NameHistory[] = [];
  for await (const { endedMs, writer, changes } of journal.readLog()) {
    for (const { change, status, message } of changes) {
      if (change.name !== name) continue;
      const reason = message === null ? change.reason : `${change.reason}; ${causeOf(message)}`;
      found.push({ atMs: endedMs, writer, action: change.action, status, reason });
    }
    if (found.length >= MOST) break;
  }
  return found.slice(0, MOST);
}
