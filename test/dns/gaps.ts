/** Gaps that several providers share, with their reasons. */
import type { Gap } from "../conformance/dns-provider.ts";

const POLICIES = ["weighted", "latency", "geolocation", "geoproximity", "failover", "multivalue"];

/** A zone as RFC 1035 knows it. */
export const PLAIN_ZONE_GAPS: readonly Gap[] = [
  {
    reason: "a plain zone has no routing policies",
    tests: [
      ...POLICIES.map((policy) => `gives back ${policy} sets as they were written`),
      "keeps sets of one name apart by their identifier",
      "does not replace a weighted set that somebody else changed",
      "refuses a simple set beside weighted ones",
      "lists 90 sets of one name whole",
    ],
  },
  { reason: "a plain zone has no alias", tests: ["gives back an alias as it was written"] },
];

export const UNFENCED_GAPS: readonly Gap[] = [
  { reason: "unfenced: the last of two writers wins", tests: ["lets one of two writers win"] },
];
