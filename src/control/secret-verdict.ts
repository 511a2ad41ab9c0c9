/** What control makes of one Secret: a certificate that may be sealed, or why not. */
import type { GoodCertificate } from "../core/keys/plan.ts";
import type { SecretRead } from "../core/keys/secret-read.ts";
import type { Problem } from "../core/objects.ts";
import { checkCertificate, stamp } from "./certificate-check.ts";

export interface SecretVerdict {
  /** Null when it cannot be used. */
  readonly good: GoodCertificate | null;
  readonly findings: readonly Finding[];
}

interface Finding extends Pick<Problem, "severity" | "reason"> {
  /** A clause. */
  readonly why: string;
}

/** For hosts, at a time. Nothing of the key is in it. */
export function verdictOf(read: SecretRead, hosts: readonly string[], nowMs: number): SecretVerdict {
  if (!read.ok) return bad(read.reason, read.why);
  const checked = checkCertificate(read, hosts, nowMs);
  if (!checked.ok) return bad(checked.reason, checked.why);
  const { fingerprint, names, expiresMs, isLate, uncovered } = checked;
  const findings: Finding[] = [];
  if (uncovered.length > 0) {
    const why = `its certificate is for ${names.slice(0, 10).join(", ")}, not for ${uncovered.slice(0, 10).join(", ")}`;
    findings.push({ severity: "error", reason: "CertificateNotForHost", why });
  }
  if (isLate) {
    const why = `its certificate ends at ${stamp(expiresMs)}; renew it`;
    findings.push({ severity: "warning", reason: "CertificateExpiresSoon", why });
  }
  return { good: { fingerprint, names, expiresMs }, findings };
}

function bad(reason: string, why: string): SecretVerdict {
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
