/** Pins on sockets: the same cookies as in `pin.ts`, signed and verified without a promise, by Node's own HMAC. */
import { createHmac, KeyObject, timingSafeEqual } from "node:crypto";
import type { VerifiedPin } from "../../core/decision.ts";
import type { RequestEvent } from "../event.ts";
import type { EdgeRequestHead, HeaderField } from "../message.ts";
import { mayPin, pinClaims, type PinKeys, unsignedPin } from "../pin.ts";

export interface SocketPins {
  /** The pins of a request whose signatures are right. */
  verified(request: EdgeRequestHead): readonly VerifiedPin[];
  /** The Set-Cookie for the cluster that answered, or none. */
  fields(event: RequestEvent, status: number, headers: readonly HeaderField[]): readonly HeaderField[];
}

const NO_PINS: readonly VerifiedPin[] = [];
const NO_FIELDS: readonly HeaderField[] = [];

/** Without keys nobody is pinned. */
export function socketPins(keys: PinKeys | null, now: () => number): SocketPins {
  if (keys === null) return { verified: () => NO_PINS, fields: () => NO_FIELDS };
  const secrets = new Map(keys.map(({ id, key }) => [id, KeyObject.from(key)]));
  const [{ id: signer }] = keys;
  const sign = (keyId: string, message: Uint8Array): Buffer | null => {
    const secret = secrets.get(keyId);
    return secret === undefined ? null : createHmac("sha256", secret).update(message).digest();
  };
  return {
    verified(request) {
      const claims = pinClaims(request, now());
      if (claims.length === 0) return NO_PINS;
      return claims.flatMap(({ keyId, message, mac, pin }) => {
        const right = sign(keyId, message);
        return right !== null && right.length === mac.length && timingSafeEqual(right, mac) ? [pin] : [];
      });
    },
    fields({ decision, tries }, status, headers) {
      const order = decision?.action === "forward" ? decision.setPin : null;
      const answered = tries.at(-1)?.candidate.cluster;
      if (decision?.action !== "forward" || order === null || answered === undefined) return NO_FIELDS;
      if (!mayPin(status, headers)) return NO_FIELDS;
      const pin = unsignedPin(order, answered, { keys, host: decision.host, nowMs: now() });
      const mac = pin === null ? null : sign(signer, pin.message);
      return pin === null || mac === null ? NO_FIELDS : [pin.signed(mac)];
    },
  };
}
