import { classifyAddress } from "../core/address/classify.ts";
import { parseAddress } from "../core/address/ip.ts";
import { locateClient, type OverrideTable, type Places } from "../core/geo/client-location.ts";
import type { IdentifiedClient } from "./client.ts";
import type { EdgeRequestHead } from "./message.ts";

/** Who asks where the platform itself says it: there is no proxy of ours in front, so no header is believed. */
export function platformClient(request: EdgeRequestHead, overrides: OverrideTable, places: Places): IdentifiedClient {
  const address = request.peerAddress === null ? null : parseAddress(request.peerAddress);
  const addressClass = classifyAddress(address);
  const runtime = request.runtimeLocation;
  const location = locateClient({ address, addressClass, overrides, runtime, locator: null, ...places });
  return { client: { address: address?.text ?? null, class: addressClass, location }, trusted: false, chain: null };
}
