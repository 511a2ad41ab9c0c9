/** The bindings of a fetch-style edge, checked once per isolate: a missing one is named, not found out at 3 a.m. */
import type { webcrypto } from "node:crypto";
import type { GeoPoint } from "../src/core/model.ts";
import type { SnapshotBundle } from "../src/core/snapshot/bundle.ts";
import type { OtlpEnv } from "./otlp-exporter.ts";

export interface IsolateEnv extends OtlpEnv {
  /** Base address of the store over HTTPS; asked when the platform's own store fails, or alone. */
  readonly SNAPSHOT_URL?: string;
  /** JSON: key id → public key as JWK (P-256). Without a key nothing is believed. */
  readonly PUBLIC_KEYS?: Readonly<Record<string, webcrypto.JsonWebKey>>;
  /** JSON: a bundle for a start with every store down. */
  readonly BUNDLED_SNAPSHOT?: SnapshotBundle;
  readonly AUDIENCE?: string;
  readonly EDGE_NAME?: string;
  /** `LAT,LON` of an edge that knows its own place; platforms that say where they are give it themselves. */
  readonly LOCATION?: string;
  readonly POLL_SECONDS?: string;
  /** `true` reads for each host what is about it, not the whole snapshot: for a snapshot of thousands of hosts. */
  readonly SNAPSHOT_PARTS?: string;
  /** Secret; opens the debug headers. */
  readonly DEBUG_TOKEN?: string;
  /** Secret; `ID BASE64`, the key that signs requests to gateways. */
  readonly HOP_KEYS?: string;
  /** Secret; keys of affinity cookies, `new:BASE64,old:BASE64`. Without them such hosts go by the client's address. */
  readonly PIN_KEYS?: string;
  /** `true` for tests and single-network set-ups. */
  readonly ALLOW_PRIVATE_ORIGINS?: string;
}

export interface IsolateSettings {
  readonly publicKeys: Readonly<Record<string, webcrypto.JsonWebKey>>;
  readonly audience: string;
  readonly location: GeoPoint | null;
  readonly pollIntervalMs: number;
  /** The snapshot is read in parts. */
  readonly parts: boolean;
  readonly debugToken: string | null;
  readonly allowPrivateOrigins: boolean;
}

/** Typed settings; RangeError that names the binding and what to do. */
export function readSettings(env: IsolateEnv): IsolateSettings {
  const publicKeys = env.PUBLIC_KEYS ?? {};
  if (Object.keys(publicKeys).length === 0) {
    throw new RangeError("Cannot start: PUBLIC_KEYS holds no key; bind a JSON object of key id → JWK");
  }
  const seconds = Number(env.POLL_SECONDS ?? "10");
  if (!(seconds > 0 && seconds <= 3600)) {
    throw new RangeError(`Cannot start: POLL_SECONDS is "${env.POLL_SECONDS}"; give a number of seconds up to 3600`);
  }
  return {
    publicKeys,
    audience: env.AUDIENCE ?? "portolan",
    location: env.LOCATION === undefined ? null : readLocation(env.LOCATION),
    pollIntervalMs: seconds * 1000,
    parts: env.SNAPSHOT_PARTS === "true",
    debugToken: env.DEBUG_TOKEN ?? null,
    allowPrivateOrigins: env.ALLOW_PRIVATE_ORIGINS === "true",
  };
}

function readLocation(text: string): GeoPoint {
  const [latitude = Number.NaN, longitude = Number.NaN, ...rest] = text.split(",").map(Number);
  if (rest.length === 0 && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) return { latitude, longitude };
  throw new RangeError(`Cannot start: LOCATION is "${text}"; give LAT,LON in degrees`);
}
