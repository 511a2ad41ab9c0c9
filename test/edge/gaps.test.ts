import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { edgeRuntimeTests } from "../conformance/edge-runtime.ts";
import { DECLARED_GAPS } from "./declared-gaps.ts";

/** The table of docs/edges.md, made from what the suites declare. */
function gapsTable(): string {
  let total = 0;
  edgeRuntimeTests(() => void (total += 1));
  const rows = [...DECLARED_GAPS].flatMap(([runtime, gaps]) => {
    const failing = gaps.reduce((sum, { tests }) => sum + tests.length, 0);
    const passed = `${total - failing} of ${total}`;
    if (gaps.length === 0) return [`| ${runtime} | ${passed} | | |`];
    return gaps.map(({ reason, tests }, index) =>
      index === 0
        ? `| ${runtime} | ${passed} | ${tests.join("; ")} | ${reason} |`
        : `| | | ${tests.join("; ")} | ${reason} |`,
    );
  });
  return ["| Runtime | Passes | What it cannot do | Why |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

const PAGE = new URL("../../docs/edges.md", import.meta.url);

it("docs/edges.md has the table that the suites' declarations make; UPDATE=1 writes it", () => {
  const page = readFileSync(PAGE, "utf8");
  const [, before = "", , after = ""] = /^([\s\S]*?)(\| Runtime \| Passes [\s\S]*?\n)(\n[\s\S]*)$/.exec(page) ?? [];
  const wanted = `${before}${gapsTable()}\n${after}`;
  if (process.env.UPDATE === "1") writeFileSync(PAGE, wanted);
  else expect(page).toBe(wanted);
});
