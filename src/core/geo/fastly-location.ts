/** What Fastly says: of a client in its `fastly:geolocation`, and of itself as the code of a POP. */
import type { ClientLocation } from "../decision.ts";
import { NO_LOCATION } from "./client-location.ts";
import { isoCode, known, placeName, point, subdivisionOf } from "./platform-location.ts";

/** Proxies behind which nobody can tell where the person is. */
const ANONYMOUS: readonly unknown[] = ["vpn", "tor-exit", "tor-relay"];

/** From `getGeolocationForIpAddress`: null where it says nothing. */
export function fastlyLocation(geolocation: unknown): ClientLocation | null {
  if (typeof geolocation !== "object" || geolocation === null) return null;
  const fields = geolocation as Readonly<Record<string, unknown>>;
  const country = isoCode(fields.country_code);
  const { proxy_type: type, proxy_description: description, as_number: asn } = fields;
  return known({
    ...NO_LOCATION,
    ...point(fields.latitude, fields.longitude),
    country,
    continent: isoCode(fields.continent),
    subdivision: subdivisionOf(country, fields.region),
    city: fields.city === "reserved" ? null : placeName(fields.city),
    asn: typeof asn === "number" && asn > 0 ? asn : null,
    anonymous: type === "anonymous" || ANONYMOUS.includes(description),
    source: "runtime",
  });
}
