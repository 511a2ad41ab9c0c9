import type { Problem } from "../core/objects.ts";

/** `shop.yaml:13:13  error  Ingress default/web  spec.rules[0]: message`, as compilers print. */
export function problemText(problem: Problem): string {
  const { position, severity, object, field, message, cluster } = problem;
  const where = position === null ? (cluster ?? "config") : `${position.file}:${position.line}:${position.column}`;
  // Many messages begin with the field already.
  const what = [object, message.startsWith(field) ? "" : field].filter((part) => part !== "").join("  ");
  return `${where}  ${severity}  ${what}${what === "" ? "" : ": "}${message}`;
}
