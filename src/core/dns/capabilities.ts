import type { DnsCapabilities } from "./records.ts";

type Features = Omit<DnsCapabilities, "provider" | "atomicity" | "fence">;

/** A zone that holds records and nothing else: every question gets the same answer. */
export const PLAIN_RECORDS: Features = {
  policies: [],
  bias: false,
  geolocation: { continent: false, country: false, subdivision: false },
  healthChecks: false,
  alias: false,
  minTtlSeconds: 0,
  maxValues: 400,
};

/** All that Route 53 knows, which is all that Portolan can ask for. */
export const EVERY_POLICY: Features = {
  policies: ["weighted", "latency", "geolocation", "geoproximity", "failover", "multivalue"],
  bias: true,
  geolocation: { continent: true, country: true, subdivision: true },
  healthChecks: true,
  alias: true,
  minTtlSeconds: 0,
  maxValues: 400,
};
