/** What is a plain fetch runtime's own about the start: bindings that may be text, and a store over HTTPS. */
import type { ClientLocation } from "../src/core/decision.ts";
import { headerLocation, LOCATION_HEADERS } from "../src/core/geo/platform-location.ts";
import { httpReader } from "../src/store/http-reader.ts";
import type { IsolateEnv } from "./isolate-env.ts";
import { type IsolateStart, startIsolate } from "./isolate-start.ts";

export interface FetchEnv extends IsolateEnv {
  /** The field in which the platform puts the client's address; believed, so name one that the platform always sets. */
  readonly CLIENT_ADDRESS_HEADER?: string;
  /** `cloudfront` or `vercel`: whose location headers are believed. */
  readonly LOCATION_HEADERS?: string;
}

export interface FetchStart extends IsolateStart {
  /** Reads the place out of the platform's headers; null where no platform was named. */
  readonly placeOf: ((get: (name: string) => string | null) => ClientLocation | null) | null;
}

/** Rejects with the name of a binding that is missing or malformed. */
export async function startFetch(env: FetchEnv): Promise<FetchStart> {
  const { SNAPSHOT_URL: url } = env;
  if (url === undefined) throw new RangeError("Cannot start: SNAPSHOT_URL is not set; give the store's base address");
  const PUBLIC_KEYS = decoded("PUBLIC_KEYS", env.PUBLIC_KEYS);
  const BUNDLED_SNAPSHOT = decoded("BUNDLED_SNAPSHOT", env.BUNDLED_SNAPSHOT);
  const typed: FetchEnv = {
    ...env,
    ...(PUBLIC_KEYS === undefined ? {} : { PUBLIC_KEYS }),
    ...(BUNDLED_SNAPSHOT === undefined ? {} : { BUNDLED_SNAPSHOT }),
  };
  const started = await startIsolate(typed, { get: httpReader(url), report: null });
  return { ...started, placeOf: placeReader(env.LOCATION_HEADERS) };
}

function placeReader(name: string | undefined): FetchStart["placeOf"] {
  if (name === undefined) return null;
  const platform = LOCATION_HEADERS.find((one) => one === name);
  if (platform !== undefined) return headerLocation(platform);
  throw new RangeError(`Cannot start: LOCATION_HEADERS is "${name}"; give one of ${LOCATION_HEADERS.join(", ")}`);
}

/** A binding that an environment can only hold as text. */
export function decoded<T extends object>(name: string, value: T | string | undefined): T | undefined {
  if (typeof value !== "string") return value;
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch (cause) {
    throw new RangeError(`Cannot start: ${name} is not JSON`, { cause });
  }
  if (typeof parsed === "object" && parsed !== null) return parsed as T;
  throw new RangeError(`Cannot start: ${name} is not a JSON object`);
}
