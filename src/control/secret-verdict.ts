/** What control makes of one Secret: a certificate that may be sealed, or why not. */
import type { GoodCertificate } from "../core/keys/plan.ts";
import type { Problem } from "../core/objects.ts";

export interface SecretVerdict {
  /** Null when it cannot be used. */
  readonly good: GoodCertificate | null;
  readonly findings: readonly Finding[];
}

export interface Finding extends Pick<Problem, "severity" | "reason"> {
  /** A clause that repeats nothing of the key. */
  readonly why: string;
}

/** It cannot be used. */
export function badSecret(reason: string, why: string): SecretVerdict {
  return { good: null, findings: [{ severity: "error", reason, why }] };
}

/** As sentences about the Secret. */
export function verdictProblems(
  { good, findings }: SecretVerdict,
  about: string,
): readonly Pick<Problem, "severity" | "reason" | "message">[] {
  return findings.map(({ severity, reason, why }) => {
    const stays = good === null ? "; edges go on with the certificate that they have, if any" : "";
    const message = severity === "error" ? `Cannot use ${about}: ${why}${stays}` : `${about}: ${why}`;
    return { severity, reason, message };
  });
}
