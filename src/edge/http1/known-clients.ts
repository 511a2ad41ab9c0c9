/** Who a peer is, remembered for a while: for most connections the answer is the same request after request. */
import type { AdmitDeps } from "../admit.ts";
import type { OverrideTable } from "../../core/geo/client-location.ts";
import type { IdentifiedClient } from "../client.ts";
import type { Sweep } from "./sweep.ts";

interface Known {
  readonly overrides: OverrideTable;
  readonly untilMs: number;
  readonly identified: IdentifiedClient;
}

/** A database or a trust list that was swapped counts after this long at the latest. */
const REMEMBERED_MS = 5000;
const MAX_PEERS = 8192;

/** The same answers, with those about peers that no header of theirs can change taken from memory. */
export function knownClients(identify: AdmitDeps["identify"], sweep: Sweep): AdmitDeps["identify"] {
  const known = new Map<string, Known>();
  return (request, overrides) => {
    const { peerAddress } = request;
    if (peerAddress === null) return identify(request, overrides);
    const before = known.get(peerAddress);
    if (before !== undefined && before.overrides === overrides && sweep.nowMs < before.untilMs)
      return before.identified;
    const identified = identify(request, overrides);
    if (identified.trusted) return identified;
    if (known.size >= MAX_PEERS) known.clear();
    known.set(peerAddress, { overrides, untilMs: sweep.nowMs + REMEMBERED_MS, identified });
    return identified;
  };
}
