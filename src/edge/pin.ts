/**
 * Pins: signed cookies that name the cluster which answered a client. `decide` is synchronous and WebCrypto is not, so
 * pins are verified before the decision and signed after it.
 *
 * Value: `1.KEY.EXPIRES.CLUSTER.MAC`, the MAC over all of it, the cookie's name (which stands for the route) and the
 * host: a pin of one host or route is worth nothing on another, and nobody can choose a cluster by writing a cookie.
 */
import type { webcrypto } from "node:crypto";
import { canonicalHost } from "../core/request/host.ts";
import type { PinOrder, VerifiedPin } from "../core/decision.ts";
import { PIN_COOKIE_PREFIX } from "../core/steering/affinity.ts";
import type { EdgeRequestHead, HeaderField } from "./message.ts";

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
  // Extractable, since the engine on sockets signs with Node's own HMAC, which needs no promise.
  return { id, key: await crypto.subtle.importKey("raw", secret, ALGORITHM, true, ["sign", "verify"]) };
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
export async function verifyPins(
  request: EdgeRequestHead,
  keys: PinKeys,
  nowMs: number,
): Promise<readonly VerifiedPin[]> {
  const claims = pinClaims(request, nowMs);
  if (claims.length === 0) return [];
  const verified = await Promise.all(
    claims.map(async ({ keyId, message, mac, pin }) => {
      const key = keys.find((one) => one.id === keyId);
      // `verify` compares in constant time; a comparison of our own would tell a forger how much was right.
      return key !== undefined && (await crypto.subtle.verify(ALGORITHM, key.key, mac, message)) ? pin : null;
    }),
  );
  return verified.filter((pin) => pin !== null);
}

/** What a cookie says before anybody has checked its signature. */
export interface PinClaim {
  readonly keyId: string;
  readonly message: Uint8Array<ArrayBuffer>;
  readonly mac: Uint8Array<ArrayBuffer>;
  readonly pin: VerifiedPin;
}

/** The pins that a request claims to have, at most eight, without those that have expired. */
export function pinClaims(request: EdgeRequestHead, nowMs: number): readonly PinClaim[] {
  const cookies = pinCookies(request);
  if (cookies.length === 0) return [];
  const host = canonicalHost(request.host);
  if (!host.ok) return [];
  return cookies.flatMap((cookie) => claimOf(cookie, host.host, nowMs) ?? []);
}

interface PinCookie {
  readonly name: string;
  readonly value: string;
}

function pinCookies(request: EdgeRequestHead): readonly PinCookie[] {
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

function claimOf({ name, value }: PinCookie, host: string, nowMs: number): PinClaim | null {
  const [version, id = "", expires = "", cluster = "", mac = "", ...rest] = value.split(".");
  const signature = bytesOf(mac);
  if (version !== VERSION || signature === null || rest.length > 0) return null;
  const expiresAtMs = Number.parseInt(expires, 36) * 1000;
  if (!(expiresAtMs > nowMs)) return null;
  const message = signedBytes({ id, expires, cluster, cookie: name, host });
  return { keyId: id, message, mac: signature, pin: { cookie: name, cluster, expiresAtMs } };
}

/** A cookie that waits for its signature. */
export interface UnsignedPin {
  readonly message: Uint8Array<ArrayBuffer>;
  readonly signed: (mac: Uint8Array) => HeaderField;
}

export interface PinFacts {
  readonly keys: PinKeys;
  readonly host: string;
  readonly nowMs: number;
}

/** The cookie that pins a client to the cluster which answered; null when it has that pin already. */
export function unsignedPin(order: PinOrder, cluster: string, { keys, host, nowMs }: PinFacts): UnsignedPin | null {
  if (order.current === cluster) return null;
  const [{ id }] = keys;
  const { cookie } = order;
  const seconds = Math.floor(order.expiresAtMs / 1000);
  const expires = seconds.toString(36);
  const maxAge = Math.max(0, seconds - Math.floor(nowMs / 1000));
  return {
    message: signedBytes({ id, expires, cluster, cookie, host }),
    signed(mac) {
      const value = [VERSION, id, expires, cluster, base64Url(mac)].join(".");
      return ["set-cookie", `${cookie}=${value}; Path=/; Max-Age=${maxAge}; Secure; HttpOnly; SameSite=Lax`];
    },
  };
}

/** The Set-Cookie that pins a client to the cluster which answered; null when it has that pin already. */
export async function pinHeader(order: PinOrder, cluster: string, facts: PinFacts): Promise<HeaderField | null> {
  const pin = unsignedPin(order, cluster, facts);
  if (pin === null) return null;
  const [{ key }] = facts.keys;
  return pin.signed(new Uint8Array(await crypto.subtle.sign(ALGORITHM, key, pin.message)));
}

/** Whether an answer may carry a pin: its cluster served, and no shared cache will give the cookie to strangers. */
export function mayPin(status: number, headers: readonly HeaderField[]): boolean {
  return status < 500 && !isShared(headers);
}

function isShared(headers: readonly HeaderField[]): boolean {
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
