import { HOP_AUTHORITY, HOP_BACKEND, HOP_SIGNATURE, HOP_TIMEOUT, type HopRequest } from "../../core/hop/hop.ts";
import type { HeaderField } from "../message.ts";

/** Value of `portolan-hop` for a request to a gateway. */
export type SignHop = (request: HopRequest) => Promise<string>;

/** The fields of a signed hop (`core/hop/hop.ts`). `target` is exactly what stands in the request line. */
export async function signedFields(
  sign: SignHop,
  request: HopRequest,
  timeoutMs: number,
): Promise<readonly HeaderField[]> {
  return [
    [HOP_SIGNATURE, await sign(request)],
    [HOP_AUTHORITY, request.authority],
    [HOP_BACKEND, request.backend],
    [HOP_TIMEOUT, String(timeoutMs)],
  ];
}
