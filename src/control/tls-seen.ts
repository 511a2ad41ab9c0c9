/** What a pass over the certificates of `spec.tls` goes on from, and whether anything of it is other than it was. */
import { isSameList } from "../core/difference.ts";
import { type HostIndex, hostIndex, type Wanted, wantedSecrets } from "../core/keys/wanted.ts";
import type { Snapshot } from "../core/model.ts";
import type { Observation } from "../core/objects.ts";

/** What the last pass went on from. */
export interface Seen {
  readonly snapshot: Snapshot;
  readonly hosts: HostIndex;
  readonly observed: readonly Observation[];
  readonly wanted: Wanted;
  /** To whom it was sealed; null when it was not finished. */
  readonly to: string | null;
}

/** What is wanted now; the same as before where nothing of it is other than it was. */
export function look(snapshot: Snapshot, observed: readonly Observation[], before: Seen | null): Seen {
  if (before !== null && before.snapshot === snapshot && isSeen(before.observed, observed)) return before;
  const hosts = before?.snapshot === snapshot ? before.hosts : hostIndex(snapshot);
  return { snapshot, hosts, observed, wanted: wantedSecrets(observed, hosts), to: null };
}

/** Whether nothing of this is other than it was. */
function isSeen(before: readonly Observation[], now: readonly Observation[]): boolean {
  return (
    before.length === now.length &&
    now.every((one, index) => {
      const other = before[index];
      return (
        other?.cluster === one.cluster &&
        isSameList(other.objects.ingresses, one.objects.ingresses) &&
        isSameList(other.objects.ingressClasses, one.objects.ingressClasses) &&
        other.deleted.size === one.deleted.size
      );
    })
  );
}
