import { parseArgs } from "node:util";
import { RESOURCES, type Resource } from "../../core/listing/resource.ts";
import { callAdmin, DEFAULT_ADMIN } from "../admin-client.ts";
import { oneOf, required } from "../arguments.ts";
import type { Command } from "../command.ts";
import type { CliDeps } from "../deps.ts";
import { Failure } from "../failure.ts";
import { type Listed, rowsOf, type Row } from "../get-rows.ts";
import { nearestWord } from "../nearest-word.ts";
import { table } from "../table.ts";

const ALIASES: ReadonlyMap<string, Resource> = new Map<string, Resource>([
  ...RESOURCES.map((name) => [name, name] as const),
  ["cluster", "clusters"],
  ["ingress", "ingresses"],
  ["ing", "ingresses"],
  ["backend", "backends"],
]);
const OUTPUTS = ["table", "wide", "json", "yaml", "name"] as const;
const WATCH_MS = 500;

/** `portolan get`: what the running system knows, with kubectl's columns. */
export const getCommand: Command = {
  summary: "clusters, ingresses or backends, with kubectl's columns",
  usage: `portolan get clusters|ingresses|backends [NAME] [-n NAMESPACE] [-o wide|json|yaml|name] [-w] [--admin URL]

-n   only this namespace; all of them without it
-w   then prints each row that changes, until Ctrl-C`,
  async run(args, deps) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        namespace: { type: "string", short: "n" },
        output: { type: "string", short: "o", default: "table" },
        watch: { type: "boolean", short: "w", default: false },
        admin: { type: "string", default: DEFAULT_ADMIN },
      },
    });
    const resource = resourceOf(required("a resource", positionals[0], "portolan get clusters"));
    const output = oneOf("-o", values.output, OUTPUTS) ?? "table";
    const name = positionals[1] ?? null;
    const fetchItems = async () => {
      const { items } = await callAdmin<{ items: readonly Listed[] }>(values.admin, `/resources/${resource}`, "GET");
      return items.filter(
        ({ metadata }) =>
          (name === null || metadata.name === name) &&
          (values.namespace === undefined ||
            metadata.namespace === undefined ||
            metadata.namespace === values.namespace),
      );
    };
    const items = await fetchItems();
    if (name !== null && items.length === 0) {
      throw new Failure(`Cannot get ${resource} "${name}": there is none of that name`, `portolan get ${resource}`);
    }
    if (output === "json" || output === "yaml") {
      if (values.watch) throw new Failure(`Cannot watch as ${output}: rows alone are watched`, "-w without -o");
      const list = name !== null && items.length === 1 ? items[0] : { apiVersion: "v1", kind: "List", items };
      deps.out(output === "yaml" ? deps.kube.yaml(list) : `${JSON.stringify(list, null, 2)}\n`);
      return 0;
    }
    if (output === "name") {
      for (const { metadata } of items) deps.out(`${resource}/${metadata.name}\n`);
      return 0;
    }
    const rows = (listed: readonly Listed[]) => rowsOf(resource, listed, output === "wide", Date.now());
    const first = rows(items);
    if (first.rows.length === 0 && !values.watch) deps.err("No resources found\n");
    else deps.out(`${table(first.headings, cellsOf(first.rows))}\n`);
    if (values.watch) await watch(first, async () => rows(await fetchItems()), deps);
    return 0;
  },
};

interface Rows {
  readonly headings: readonly string[];
  readonly rows: readonly Row[];
}

/** Prints what differs from the rows before, aged columns aside; a row that is gone is printed once more. */
async function watch(first: Rows, next: () => Promise<Rows>, deps: CliDeps): Promise<void> {
  let known = new Map(first.rows.map((row) => [row.key, row]));
  const stopped = deps.untilStopped().then(() => true);
  const waited = () => new Promise<boolean>((resolve) => setTimeout(resolve, WATCH_MS, false));
  for (;;) {
    if (await Promise.race([stopped, waited()])) return;
    const { headings, rows } = await next();
    const now = new Map(rows.map((row) => [row.key, row]));
    const changed = rows.filter((row) => known.get(row.key)?.state !== row.state);
    const gone = [...known.values()].filter((row) => !now.has(row.key));
    // As wide as the headings and the rows at the start, so that the columns stay in line.
    const all = table(headings, cellsOf([...known.values(), ...changed]))
      .split("\n")
      .slice(1 + known.size);
    const goneText = gone.map(({ cells }) => `${cells.join("   ")}   (gone)`);
    for (const line of [...all.slice(0, changed.length), ...goneText]) deps.out(`${line}\n`);
    known = now;
  }
}

function cellsOf(rows: readonly Row[]): readonly (readonly string[])[] {
  return rows.map(({ cells }) => cells);
}

function resourceOf(word: string): Resource {
  const found = ALIASES.get(word.toLowerCase());
  if (found !== undefined) return found;
  const near = nearestWord(word, [...ALIASES.keys()]) ?? "clusters";
  throw new Failure(`Cannot get "${word}": the resources are ${RESOURCES.join(", ")}`, `portolan get ${near}`);
}
