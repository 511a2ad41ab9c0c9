/** Every argument taken out of a module in turn, many such modules in one plan. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { argumentsOf } from "./arguments.ts";
import { planned } from "./plan-of.ts";
import type { Workspace } from "./terraform.ts";

/** So many at once keep a plan within some hundred resources. */
const BATCH = 40;

interface Mutant {
  readonly name: string;
  readonly text: string;
}

export interface Outcome {
  readonly tried: number;
  /** Arguments whose absence changes nothing in the plan, and is no error either. */
  readonly unnoticed: readonly string[];
}

/** `golden` is what the whole module plans with the variables of `fixture`. */
export async function takeOut(
  space: Workspace,
  module: string,
  fixture: object,
  golden: Readonly<Record<string, unknown>>,
): Promise<Outcome> {
  const all = argumentsOf(readFileSync(join(space.folder, "modules", module, "main.tf"), "utf8"));
  const unnoticed: string[] = [];
  for (let start = 0; start < all.length; start += BATCH) {
    const mutants = all.slice(start, start + BATCH).map(({ name, without }) => ({ name, text: without }));
    unnoticed.push(...(await batch(space, module, { start, mutants, fixture, golden })));
  }
  return { tried: all.length, unnoticed };
}

interface Batch {
  readonly start: number;
  readonly mutants: readonly Mutant[];
  readonly fixture: object;
  readonly golden: Readonly<Record<string, unknown>>;
}

async function batch(
  space: Workspace,
  module: string,
  { start, mutants, fixture, golden }: Batch,
): Promise<readonly string[]> {
  const source = join(space.folder, "modules", module);
  const where = `mutants/${module}-${start}`;
  const root = join(space.folder, where);
  mkdirSync(root, { recursive: true });
  cpSync(join(source, "versions.tf"), join(root, "versions.tf"));
  cpSync(join(source, "tests"), join(root, "tests"), { recursive: true });
  // The module as it is comes along, so that a plan of nothing is not taken for a difference.
  const whole = { name: "whole", text: readFileSync(join(source, "main.tf"), "utf8") };
  const left = new Map([whole, ...mutants].map((mutant, index) => [`m${index}`, mutant]));
  for (const [id, { text }] of left) {
    mkdirSync(join(root, id));
    for (const file of readdirSync(source).filter((name) => name.endsWith(".tf")))
      cpSync(join(source, file), join(root, id, file));
    writeFileSync(join(root, id, "main.tf"), text);
  }
  for (;;) {
    const modules = Object.fromEntries([...left.keys()].map((id) => [id, { source: `./${id}`, ...fixture }]));
    writeFileSync(join(root, "modules.tf.json"), JSON.stringify({ module: modules }));
    const init = await space.run(where, ["init", "-input=false", "-no-color"]);
    const result = init.code === 0 ? await planned(space, where, []) : { refused: init.output };
    if ("values" in result) return same(result.values, golden, left);
    const refused = new Set(
      [...result.refused.matchAll(/\bon (m\d+)\/|\bwith module\.(m\d+)\./g)].map(
        ([, file, address]) => file ?? address ?? "",
      ),
    );
    if (refused.size === 0 || refused.has("m0")) throw new Error(result.refused);
    for (const id of refused) left.delete(id);
  }
}

function same(
  values: Readonly<Record<string, unknown>>,
  golden: Readonly<Record<string, unknown>>,
  left: ReadonlyMap<string, Mutant>,
): readonly string[] {
  const resources = (of: Readonly<Record<string, unknown>>, prefix: string): string =>
    JSON.stringify(
      Object.entries(of)
        .filter(([address]) => address.startsWith(prefix) && !address.startsWith("output."))
        .map(([address, value]) => [address.slice(prefix.length), value]),
    );
  const expected = resources(golden, "");
  const alike = [...left].filter(([id]) => resources(values, `module.${id}.`) === expected).map(([, { name }]) => name);
  if (alike[0] !== "whole")
    throw new Error("Cannot compare: the module as it is does not plan what its golden file says");
  return alike.slice(1);
}
