/** Whether a request came from an edge: everything that `portolan gateway` asks before it looks at it. */
import type { ServiceKey } from "../model.ts";
import { canonicalHost } from "../request/host.ts";
import { equalInConstantTime, HOP_AUTHORITY, HOP_BACKEND, HOP_SIGNATURE, type HopFacts, parseHopField } from "./hop.ts";
import type { HopVerdict, ReplayWindow } from "./replay-window.ts";

/** Stable words for metrics and logs. */
export type HopRefusal = "missing" | "malformed" | "unknown-key" | "wrong-signature" | Exclude<HopVerdict, "fresh">;

/** All of them, so that each has a series from the start. */
export const HOP_REFUSALS: readonly HopRefusal[] = [
  "missing",
  "malformed",
  "unknown-key",
  "wrong-signature",
  "expired",
  "from-the-future",
  "replayed",
  "too-many",
];

export interface HopMessage {
  readonly method: string;
  /** As it stands in the request line. */
  readonly target: string;
  /** Names in lower case. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

export interface HopGate {
  /** HMAC in lower-case hex by the named key; null when there is no such key. */
  readonly mac: (keyId: string, facts: HopFacts) => string | null;
  readonly window: ReplayWindow;
  readonly nowSeconds: number;
}

export type HopResult =
  | { readonly ok: true; readonly authority: string; readonly host: string; readonly backend: ServiceKey }
  | { readonly ok: false; readonly reason: HopRefusal };

/**
 * Judges a request. The signature comes before the window, so that nobody without a key can fill it; the order of the
 * reasons is the order of the checks.
 */
export function verifyHop({ method, target, fields }: HopMessage, gate: HopGate): HopResult {
  const value = one(fields, HOP_SIGNATURE);
  const authority = one(fields, HOP_AUTHORITY);
  const backend = one(fields, HOP_BACKEND);
  if (value === null || authority === null || backend === null) return refused("missing");
  const signature = parseHopField(value);
  const host = canonicalHost(authority);
  if (signature === null || !host.ok || !isServiceKey(backend)) return refused("malformed");
  const { keyId, atSeconds, nonce } = signature;
  const expected = gate.mac(keyId, { method, authority, target, backend, atSeconds, nonce });
  if (expected === null) return refused("unknown-key");
  if (!equalInConstantTime(signature.mac, expected)) return refused("wrong-signature");
  const verdict = gate.window.judge(atSeconds, nonce, gate.nowSeconds);
  return verdict === "fresh" ? { ok: true, authority, host: host.host, backend } : refused(verdict);
}

/** The value of a field; of a repeated one a text that is no value of it. */
function one(fields: HopMessage["fields"], name: string): string | null {
  let found: string | null = null;
  for (const [field, value] of fields) {
    if (field !== name) continue;
    if (found !== null) return "";
    found = value;
  }
  return found;
}

/** `namespace/service/port`. */
function isServiceKey(text: string): boolean {
  const parts = text.split("/");
  return parts.length === 3 && !parts.includes("");
}

function refused(reason: HopRefusal): HopResult {
  return { ok: false, reason };
}
