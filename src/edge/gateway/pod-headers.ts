/**
 * What a pod is told: everything the edge said, since a request with a valid signature comes from a trusted hop, but
 * for what ends here.
 */
import { HOP_AUTHORITY, HOP_BACKEND, HOP_SIGNATURE, HOP_TIMEOUT } from "../../core/hop/hop.ts";
import { hopByHop } from "../hop-by-hop.ts";
import { type HeaderField, listHeader } from "../message.ts";

/** In Via, beside the edge's own `portolan`. */
const GATEWAY_ID = "portolan-gateway";

const ENDS_HERE: ReadonlySet<string> = new Set([
  "content-length",
  "expect",
  "host",
  "via",
  HOP_AUTHORITY,
  HOP_BACKEND,
  HOP_SIGNATURE,
  HOP_TIMEOUT,
]);

/** Fields for the pod, without Host and Content-Length. */
export function podHeaders(fields: readonly HeaderField[]): HeaderField[] {
  const ends = hopByHop(fields);
  const kept = fields.filter(([name]) => !ENDS_HERE.has(name) && !ends(name));
  kept.push(["via", [...listHeader(fields, "via"), `1.1 ${GATEWAY_ID}`].join(", ")]);
  return kept;
}
