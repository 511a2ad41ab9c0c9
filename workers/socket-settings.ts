/** The environment of an edge with sockets, checked once at the start: what is missing is named, with what to give. */
import type { webcrypto } from "node:crypto";
import { FORWARDING_HEADERS } from "../src/core/address/client-address.ts";
import { LOCATION_HEADERS } from "../src/core/geo/platform-location.ts";
import { count, hostPort, oneOf, place, required } from "../src/cli/arguments.ts";
import type { HostPort } from "../src/cli/deps.ts";
import { Failure } from "../src/cli/failure.ts";
import type { NodeEdgeOptions } from "./node-edge.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface SocketSettings {
  /** Base address of the store over HTTPS. */
  readonly storeUrl: string;
  /** Secret; what the edge shows the store when it reports. Null: it reads only. */
  readonly storeToken: string | null;
  /** Key id → public key that manifests may be signed by. */
  readonly publicKeys: Readonly<Record<string, webcrypto.JsonWebKey>>;
  /** File of a snapshot for a start without the store. */
  readonly bundle: string | null;
  readonly geoip: string | null;
  /** Text of keys as in a file of hop keys; secret. */
  readonly hopKeys: string | null;
  /** Secret. */
  readonly pinKeys: string | null;
  readonly admin: HostPort | null;
  readonly edge: NodeEdgeOptions;
}

const PREFIX = "PORTOLAN_";
const MAX_HOPS = 16;

/** Typed settings; `Failure` that names the variable and shows one that works. */
export function socketSettings(env: Environment): SocketSettings {
  const text = (name: string): string | null => {
    const value = env[`${PREFIX}${name}`];
    return value === undefined || value === "" ? null : value;
  };
  const need = (name: string, example: string): string =>
    required(`${PREFIX}${name}`, text(name) ?? undefined, `${PREFIX}${name}=${example}`);
  const list = (name: string): readonly string[] => (text(name) ?? "").split(",").filter((one) => one !== "");
  const at = (name: string, value: string): HostPort => hostPort(`${PREFIX}${name}`, value);
  const admin = text("ADMIN");
  const location = text("LOCATION");
  return {
    storeUrl: storeUrl(need("STORE_URL", "https://snapshots.example.org/")),
    storeToken: text("STORE_TOKEN"),
    publicKeys: publicKeys(need("PUBLIC_KEYS", `'{"k1":{"kty":"EC","crv":"P-256","x":"…","y":"…"}}'`)),
    bundle: text("BUNDLED_SNAPSHOT"),
    geoip: text("GEOIP"),
    hopKeys: text("HOP_KEYS"),
    pinKeys: text("PIN_KEYS"),
    admin: admin === null ? null : at("ADMIN", admin),
    edge: {
      name: text("EDGE_NAME") ?? "edge",
      listen: at("LISTEN", text("LISTEN") ?? "0.0.0.0:8080"),
      location: location === null ? null : place(`${PREFIX}LOCATION`, location),
      trustedProxies: list("TRUSTED_PROXIES"),
      trustedHops: count(`${PREFIX}TRUSTED_HOPS`, text("TRUSTED_HOPS") ?? "0", MAX_HOPS),
      trustedHeader: oneOf(`${PREFIX}TRUSTED_HEADER`, text("TRUSTED_HEADER") ?? undefined, FORWARDING_HEADERS),
      locationHeaders: oneOf(`${PREFIX}LOCATION_HEADERS`, text("LOCATION_HEADERS") ?? undefined, LOCATION_HEADERS),
      debugToken: text("DEBUG_TOKEN"),
      audience: text("AUDIENCE") ?? "portolan",
      allowPrivateOrigins: text("ALLOW_PRIVATE_ORIGINS") === "true",
      pollIntervalMs: pollMs(text("POLL_SECONDS") ?? "10"),
    },
  };
}

function storeUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new Failure(
    `Cannot read ${PREFIX}STORE_URL "${text}": it is not an http or https address`,
    `${PREFIX}STORE_URL=https://snapshots.example.org/`,
  );
}

function publicKeys(text: string): SocketSettings["publicKeys"] {
  const example = `${PREFIX}PUBLIC_KEYS='{"KEY_ID":JWK}'`;
  let keys: unknown;
  try {
    keys = JSON.parse(text);
  } catch (cause) {
    throw new Failure(`Cannot read ${PREFIX}PUBLIC_KEYS: it is not JSON`, example, { cause });
  }
  if (isKeys(keys) && Object.keys(keys).length > 0) return keys;
  throw new Failure(`Cannot read ${PREFIX}PUBLIC_KEYS: it is not an object of key id → JWK`, example);
}

function isKeys(value: unknown): value is SocketSettings["publicKeys"] {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((key) => typeof key === "object" && key !== null)
  );
}

function pollMs(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= 3600) return seconds * 1000;
  throw new Failure(
    `Cannot read ${PREFIX}POLL_SECONDS "${text}": it is not a number of seconds up to 3600`,
    `${PREFIX}POLL_SECONDS=10`,
  );
}
