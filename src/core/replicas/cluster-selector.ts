/** Which clusters an object goes to: the annotation `federation.alpha.kubernetes.io/cluster-selector`. */
import { list, parse, type Read, record, text } from "../snapshot/guard.ts";

export const CLUSTER_SELECTOR = "federation.alpha.kubernetes.io/cluster-selector";

export type Selection =
  | { readonly ok: true; readonly isSelected: boolean }
  /** Nothing is done with the object then, anywhere. */
  | { readonly ok: false; readonly problem: string };

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

type Operator = "in" | "notin" | "exists" | "!" | "gt" | "lt";

/** Both spellings: of selectors in text, and of the API's fields. */
const OPERATORS: Readonly<Record<string, Operator>> = {
  in: "in",
  "=": "in",
  "==": "in",
  In: "in",
  notin: "notin",
  "!=": "notin",
  NotIn: "notin",
  exists: "exists",
  Exists: "exists",
  "!": "!",
  DoesNotExist: "!",
  gt: "gt",
  ">": "gt",
  Gt: "gt",
  lt: "lt",
  "<": "lt",
  Lt: "lt",
};
const EXACTLY_ONE = new Set(["=", "==", "!=", "gt", ">", "Gt", "lt", "<", "Lt"]);

const readRequirements: Read<readonly Requirement[]> = (value, at) =>
  list(
    record<Requirement>({
      key: text(317),
      operator: (one, where) => (one === undefined ? "" : text(20)(one, where)),
      values: (one, where) => (one === undefined || one === null ? [] : list(text(), 1000)(one, where)),
    }),
    1000,
  )(value ?? [], at);

/** Whether a cluster with these labels is meant. Without the annotation every cluster is. */
export function selectsCluster(annotation: string | null, labels: Readonly<Record<string, string>>): Selection {
  if (annotation === null) return { ok: true, isSelected: true };
  const parsed = parse(readRequirements, annotation);
  if (!parsed.ok) return { ok: false, problem: parsed.problem };
  for (const requirement of parsed.value) {
    const problem = problemOf(requirement);
    if (problem !== null) return { ok: false, problem: `the requirement for "${requirement.key}": ${problem}` };
  }
  return { ok: true, isSelected: parsed.value.every((one) => matches(one, labels)) };
}

function problemOf({ key, operator, values }: Requirement): string | null {
  const kind = OPERATORS[operator];
  if (kind === undefined || !Object.hasOwn(OPERATORS, operator)) return `"${operator}" is no operator`;
  if (!isLabelKey(key)) return "it is no key of a label";
  if (values.some((value) => !isLabelValue(value))) return "one of its values cannot be a label's";
  if ((kind === "exists" || kind === "!") && values.length > 0) return `"${operator}" takes no values`;
  if (EXACTLY_ONE.has(operator) && values.length !== 1) return `"${operator}" takes exactly one value`;
  if ((kind === "in" || kind === "notin") && values.length === 0) return `"${operator}" needs a value`;
  const isCompared = kind === "gt" || kind === "lt";
  return isCompared && integerOf(values[0] ?? "") === null ? `"${operator}" compares whole numbers` : null;
}

function matches({ key, operator, values }: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const label = Object.hasOwn(labels, key) ? labels[key] : undefined;
  const kind = OPERATORS[operator];
  switch (kind) {
    case "in":
      return label !== undefined && values.includes(label);
    case "notin":
      return label === undefined || !values.includes(label);
    case "exists":
      return label !== undefined;
    case "!":
      return label === undefined;
    case "gt":
    case "lt": {
      const [left, right] = [integerOf(label ?? ""), integerOf(values[0] ?? "")];
      if (left === null || right === null) return false;
      return kind === "gt" ? left > right : left < right;
    }
    case undefined:
      return false;
    default:
      return kind satisfies never;
  }
}

function integerOf(value: string): bigint | null {
  return /^[+-]?\d{1,19}$/.test(value) ? BigInt(value.replace("+", "")) : null;
}

/** `[prefix/]name`, as Kubernetes has it. */
function isLabelKey(key: string): boolean {
  const [name = "", prefix, ...rest] = key.split("/").toReversed();
  if (rest.length > 0 || name === "" || !isLabelValue(name)) return false;
  if (prefix === undefined) return true;
  return prefix.length <= 253 && prefix.split(".").every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
}

function isLabelValue(value: string): boolean {
  return value.length <= 63 && /^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?$/.test(value);
}
