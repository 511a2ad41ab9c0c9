/** Pins as `handle` needs them: verified before the decision, signed after the answer. */
import type { VerifiedPin } from "../core/decision.ts";
import type { RequestEvent } from "./event.ts";
import type { EdgeRequestHead, HeaderField } from "./message.ts";
import { mayPin, parsePinKeys, pinHeader, verifyPins } from "./pin.ts";

export interface RequestPins {
  /** The pins of a request whose signatures are right. */
  verified(request: EdgeRequestHead): Promise<readonly VerifiedPin[]>;
  /** The Set-Cookie for the cluster that answered, also when it was not the first that was tried; null for none. */
  field(event: RequestEvent, status: number, headers: readonly HeaderField[]): Promise<HeaderField | null>;
}

/** Pins under keys as operators write them (`parsePinKeys`), with WebCrypto alone. */
export async function requestPins(text: string, now: () => number): Promise<RequestPins> {
  const keys = await parsePinKeys(text);
  return {
    verified: (request) => verifyPins(request, keys, now()),
    async field({ decision, tries }, status, headers) {
      const answered = tries.at(-1)?.candidate.cluster;
      if (decision?.action !== "forward" || decision.setPin === null || answered === undefined) return null;
      if (!mayPin(status, headers)) return null;
      return await pinHeader(decision.setPin, answered, { keys, host: decision.host, nowMs: now() });
    },
  };
}
