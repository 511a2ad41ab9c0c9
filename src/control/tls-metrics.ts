/** What Prometheus is told of certificates on their way to the edges. */
import { labelled, metric } from "./metrics.ts";
import type { TlsKeyState } from "./tls-keys.ts";

const STATES = ["sealed", "kept", "missing"] as const satisfies readonly TlsKeyState["state"][];

/** Prometheus text: how many there are of each state, and when the first of them ends. */
export function tlsMetrics(entries: readonly TlsKeyState[]): string {
  const counts = new Map(STATES.map((state) => [state, entries.filter((one) => one.state === state).length]));
  const ends = entries.flatMap(({ state, expiresMs }) => (state === "missing" ? [] : [expiresMs]));
  const first = ends.length === 0 ? [] : [["", ends.reduce((a, b) => Math.min(a, b)) / 1000] as const];
  const help = "Secrets of spec.tls: as they were read last, kept from before, or never readable.";
  return [
    ...metric("tls_secrets", "gauge", help, labelled("state", counts)),
    ...metric("tls_first_expiry_timestamp_seconds", "gauge", "When the first of their certificates ends.", first),
    "",
  ].join("\n");
}
