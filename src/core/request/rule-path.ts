/** Paths as rules write them, brought to the form that requests are matched in. */
import { canonicalTarget, type CanonicalTarget } from "./path.ts";

/**
 * The canonical form of a rule's path. Kubernetes lets people write `/café` and `/a b`; clients send those escaped, so
 * they are escaped here (RFC 3987 §3.1) before the request's own rules apply.
 */
export function canonicalRulePath(path: string): CanonicalTarget {
  const target = canonicalTarget(escapeRest(path));
  if (target.ok && target.query !== "") return { ok: false, reason: "a rule cannot match on the query" };
  return target;
}

/** Why a rule's path can match no request, as a clause that follows the path; null when it can. */
export function rulePathProblem(path: string): string | null {
  const target = canonicalRulePath(path);
  return target.ok ? null : target.reason;
}

function escapeRest(path: string): string {
  let result = "";
  for (const character of path) {
    const code = character.codePointAt(0) ?? 0;
    // A lone surrogate has no UTF-8 form; it is left for the refusal.
    const mustEscape = code === 32 || (code > 126 && !(code >= 0xd800 && code <= 0xdfff));
    result += mustEscape ? encodeURIComponent(character) : character;
  }
  return result;
}
