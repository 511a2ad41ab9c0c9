/** A client as a person names one: by an address or a country, and a place if need be. */
import { classifyAddress } from "../address/classify.ts";
import { parseAddress } from "../address/ip.ts";
import type { Client, ClientLocation } from "../decision.ts";
import type { GeoPoint } from "../model.ts";
import { type LocateInput, locateClient, NO_LOCATION } from "./client-location.ts";
import { countryLocation } from "./country-location.ts";

export interface NamedClient {
  /** An address or a country of two letters; null for nobody. */
  readonly client: string | null;
  /** Where the client is, whatever its address says. */
  readonly at: GeoPoint | null;
}

/** Class `invalid` when it is neither an address nor a country. */
export function namedClient(
  { client: name, at }: NamedClient,
  sources: Pick<LocateInput, "overrides" | "locator" | "zonePoint" | "countries">,
): Client {
  const client = clientOf(name, sources);
  if (at === null) return client;
  const location: ClientLocation = { ...client.location, ...at, accuracyKm: null, source: "override" };
  return { ...client, location };
}

function clientOf(name: string | null, sources: Parameters<typeof namedClient>[1]): Client {
  if (name === null) return { address: null, class: "none", location: NO_LOCATION };
  if (/^[A-Za-z]{2}$/.test(name)) {
    const location = countryLocation(name);
    return { address: null, class: location.source === "none" ? "invalid" : "none", location };
  }
  const address = parseAddress(name);
  if (address === null) return { address: null, class: "invalid", location: NO_LOCATION };
  const addressClass = classifyAddress(address);
  const location = locateClient({ address, addressClass, ...sources });
  return { address: address.text, class: addressClass, location };
}
