/**
 * Pins: signed cookies that name the cluster which answered a client. `decide` is synchronous and WebCrypto is not, so
 * pins are verified before the decision and signed after it.
 *
 * Value: `1.KEY.EXPIRES.CLUSTER.MAC`, the MAC over all of it, the cookie's name (which stands for the route) and the
 * host: a pin of one host or route is worth nothing on another, and nobody can choose a cluster by writing a cookie.
 */
import type { webcrypto } from "node:crypto";
import { canonicalHost } from "../core/request/host.ts";
import type { PinOrder, VerifiedPin } from "../core/model.ts";
import { PIN_COOKIE_PREFIX } from "../core/steering/affinity.ts";
import type { EdgeRequest, HeaderField } from "./message.ts";

export interface PinKey {
  /** Letters, digits, `-` and `_`. */
  readonly id: string;
  readonly key: webcrypto.CryptoKey;
}

/** The first key signs, all of them verify: two at once let one be replaced without a broken session. */
export type PinKeys = readonly [PinKey, ...PinKey[]];

const ALGORITHM = { name: "HMAC", hash: "SHA-256" } as const;
const VERSION = "1";
/** A client may send any number of cookies; more than this many checks of a request are somebody else's time. */
const MAX_PINS = 8;

/** A key from at least 32 bytes of secret. */
export async function importPinKey(id: string, secret: Uint8Array<ArrayBuffer>): Promise<PinKey> {
  if (secret.byteLength < 32)
    throw new RangeError(`Cannot use pin key "${id}": it has ${secret.byteLength} bytes of at least 32`);
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(id))
    throw new RangeError(`Cannot use pin key "${id}": its id is not 1 to 32 of A-Z a-z 0-9 _ -`);
  return { id, key: await crypto.subtle.importKey("raw", secret, ALGORITHM, false, ["sign", "verify"]) };
}

/** Fresh keys for a process that nobody gave any: pins then last as long as the process. */
export async function generatePinKeys(): Promise<PinKeys> {
  return [await importPinKey("run", crypto.getRandomValues(new Uint8Array(32)))];
}

/** Keys as operators write them: `new:BASE64,old:BASE64`. RangeError for anything else. */
export async function parsePinKeys(text: string): Promise<PinKeys> {
  const keys = await Promise.all(
    text.split(",").map((part) => {
      const colon = part.indexOf(":");
      const id = part.slice(0, Math.max(0, colon)).trim();
      return importPinKey(id, bytesOf(part.slice(colon + 1).trim()) ?? new Uint8Array());
    }),
  );
  const [first, ...others] = keys;
  if (first === undefined) throw new RangeError("Cannot read the pin keys: there are none");
  return [first, ...others];
}

/** The pins of a request whose signatures are right and whose time is not over. Rejects never; a bad pin is no pin. */
export async function verifyPins(request: EdgeRequest, keys: PinKeys, nowMs: number): Promise<readonly VerifiedPin[]> {
  const found = pinCookies(request);
  if (found.length === 0) return [];
  const host = canonicalHost(request.host);
  if (!host.ok) return [];
  const pins = await Promise.all(found.map((cookie) => verifyPin(cookie, host.host, { keys, nowMs })));
  return pins.filter((pin) => pin !== null);
}

interface PinCookie {
  readonly name: string;
  readonly value: string;
}

function pinCookies(request: EdgeRequest): readonly PinCookie[] {
  const found: PinCookie[] = [];
  for (const [name, value] of request.headers) {
    if (name !== "cookie" || !value.includes(PIN_COOKIE_PREFIX)) continue;
    for (const pair of value.split(";")) {
      const text = pair.trim();
      const equals = text.indexOf("=");
      if (!text.startsWith(PIN_COOKIE_PREFIX) || equals === -1) continue;
      if (found.length === MAX_PINS) return found;
      found.push({ name: text.slice(0, equals), value: text.slice(equals + 1) });
    }
  }
  return found;
}

async function verifyPin(
  { name, value }: PinCookie,
  host: string,
  { keys, nowMs }: { readonly keys: PinKeys; readonly nowMs: number },
): Promise<VerifiedPin | null> {
  const [version, id, expires = "", cluster = "", mac = "", ...rest] = value.split(".");
  const key = keys.find((one) => one.id === id);
  const signature = bytesOf(mac);
  if (version !== VERSION || key === undefined || signature === null || rest.length > 0) return null;
  // `verify` compares in constant time; a comparison of our own would tell a forger how much was right.
  const message = signedBytes({ id: key.id, expires, cluster, cookie: name, host });
  if (!(await crypto.subtle.verify(ALGORITHM, key.key, signature, message))) return null;
  const expiresAtMs = Number.parseInt(expires, 36) * 1000;
  return expiresAtMs > nowMs ? { cookie: name, cluster, expiresAtMs } : null;
}

/** The Set-Cookie that pins a client to the cluster which answered; null when it has that pin already. */
export async function pinHeader(
  order: PinOrder,
  cluster: string,
  about: { readonly keys: PinKeys; readonly host: string; readonly nowMs: number },
): Promise<HeaderField | null> {
  if (order.current === cluster) return null;
  const [{ id, key }] = about.keys;
  const seconds = Math.floor(order.expiresAtMs / 1000);
  const expires = seconds.toString(36);
  const message = signedBytes({ id, expires, cluster, cookie: order.cookie, host: about.host });
  const mac = base64Url(new Uint8Array(await crypto.subtle.sign(ALGORITHM, key, message)));
  const maxAge = Math.max(0, seconds - Math.floor(about.nowMs / 1000));
  const value = [VERSION, id, expires, cluster, mac].join(".");
  return ["set-cookie", `${order.cookie}=${value}; Path=/; Max-Age=${maxAge}; Secure; HttpOnly; SameSite=Lax`];
}

/** Whether a shared cache may keep an answer: then a cookie in it would pin strangers. */
export function isShared(headers: readonly HeaderField[]): boolean {
  return headers.some(([name, value]) => name === "cache-control" && /\b(?:public|s-maxage)\b/i.test(value));
}

function signedBytes(parts: {
  readonly id: string;
  readonly expires: string;
  readonly cluster: string;
  readonly cookie: string;
  readonly host: string;
}): Uint8Array<ArrayBuffer> {
  const { id, expires, cluster, cookie, host } = parts;
  return new TextEncoder().encode(["portolan-pin", VERSION, id, expires, cluster, cookie, host].join("\n"));
}

function base64Url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Bytes of base64 in either alphabet; null when it is none. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) =>
      character.charCodeAt(0),
    );
  } catch {
    return null;
  }
}
