/** What Prometheus is told of certificates on their way to the edges. */
import type { TlsKeyState } from "./tls-keys.ts";

const STATES = ["sealed", "kept", "missing"] as const satisfies readonly TlsKeyState["state"][];

/** Prometheus text: how many there are of each state, and when the first of them ends. */
export function tlsMetrics(entries: readonly TlsKeyState[]): string {
  const ends = entries.flatMap(({ state, expiresMs }) => (state === "missing" ? [] : [expiresMs]));
  return [
    "# HELP portolan_control_tls_secrets Secrets of spec.tls: as they were read last, kept from before, or never readable.",
    "# TYPE portolan_control_tls_secrets gauge",
    ...STATES.map(
      (state) =>
        `portolan_control_tls_secrets{state="${state}"} ${entries.filter((one) => one.state === state).length}`,
    ),
    "# HELP portolan_control_tls_first_expiry_timestamp_seconds When the first of their certificates ends.",
    "# TYPE portolan_control_tls_first_expiry_timestamp_seconds gauge",
    ...(ends.length === 0
      ? []
      : [`portolan_control_tls_first_expiry_timestamp_seconds ${ends.reduce((a, b) => Math.min(a, b)) / 1000}`]),
    "",
  ].join("\n");
}
