/** Several edges' metrics on one page: each sample gets its edge's name as a label, each family is described once. */
export function mergeMetrics(pages: readonly { readonly edge: string; readonly text: string }[]): string {
  const families = new Map<string, { readonly head: string[]; readonly samples: string[] }>();
  for (const { edge, text } of pages) {
    let current = families.get("");
    for (const line of text.split("\n")) {
      if (line.startsWith("# HELP ")) {
        const name = line.split(" ")[2] ?? "";
        current = families.get(name) ?? { head: [line], samples: [] };
        families.set(name, current);
      } else if (line.startsWith("#")) {
        if (current !== undefined && current.head.length === 1) current.head.push(line);
      } else if (line !== "") current?.samples.push(labelled(line, edge));
    }
  }
  const lines = [...families.values()].flatMap(({ head, samples }) =>
    samples.length === 0 ? [] : [...head, ...samples],
  );
  return `${lines.join("\n")}\n`;
}

/** Label values here are names in the store's key alphabet: nothing to escape. */
function labelled(sample: string, edge: string): string {
  const brace = sample.indexOf("{");
  if (brace !== -1) return `${sample.slice(0, brace)}{portolan_edge="${edge}",${sample.slice(brace + 1)}`;
  const space = sample.indexOf(" ");
  return `${sample.slice(0, space)}{portolan_edge="${edge}"}${sample.slice(space)}`;
}
