/** The plan of a module with given variables, as its providers would see it. */
import type { Run, Workspace } from "./terraform.ts";

/** What a plan would make: values by address, sorted. Null with the output when Terraform refuses. */
export type Planned = { readonly values: Readonly<Record<string, unknown>> } | { readonly refused: string };

/** Plans a module with the variables of a file. */
export async function planOf(space: Workspace, where: string, variables: string): Promise<Planned> {
  return await planned(space, where, [`-var-file=${variables}`]);
}

/** Plans with providers that name what they compute, so that a reference shows in the plan. */
export async function planned(space: Workspace, where: string, more: readonly string[]): Promise<Planned> {
  const env = { PORTOLAN_SCHEMA: "named", AWS_REGION: "us-east-1" };
  const args = ["plan", "-refresh=false", "-input=false", "-lock=false", "-no-color", "-out=made"];
  const made = await space.run(where, [...args, ...more], env);
  if (made.code !== 0) return { refused: made.output };
  const shown = await space.run(where, ["show", "-json", "made"], env);
  return shown.code === 0 ? { values: valuesOf(shown) } : { refused: shown.output };
}

interface Shown {
  readonly resource_changes?: readonly Change[];
  readonly planned_values?: { readonly outputs?: Readonly<Record<string, { readonly value?: unknown }>> };
}

interface Change {
  readonly address: string;
  readonly type: string;
  readonly change: { readonly after: unknown };
}

function valuesOf({ stdout }: Run): Readonly<Record<string, unknown>> {
  const { resource_changes: changes = [], planned_values: planned } = JSON.parse(stdout) as Shown;
  const outputs = Object.entries(planned?.outputs ?? {}).map(([name, { value }]) => [`output.${name}`, value] as const);
  const resources = changes.map(({ address, type, change }) => [address, given(change.after, `<${type}.`)] as const);
  return Object.fromEntries([...resources, ...outputs].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What the module itself sets: without what is null or empty, and without the words for what a resource computes. */
function given(value: unknown, own: string): unknown {
  if (Array.isArray(value)) return value.map((one) => given(one, own)).filter((one) => !isNothing(one));
  if (typeof value === "string") return value.startsWith(own) ? null : value;
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([key, one]) => [key, given(one, own)] as const);
  return Object.fromEntries(members.filter(([, one]) => !isNothing(one)));
}

function isNothing(value: unknown): boolean {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}
