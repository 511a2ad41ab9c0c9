import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { edgeRuntimeTests } from "../conformance/edge-runtime.ts";
import { DECLARED_GAPS } from "./declared-gaps.ts";

/** The table of docs/edges.md, made from what the suites declare. */
function gapsTable(): string {
  let total = 0;
  edgeRuntimeTests(() => (total += 1));
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

it("docs/edges.md has the table that the suites' declarations make", () => {
  const page = readFileSync(new URL("../../docs/edges.md", import.meta.url), "utf8");
  expect(page).toContain(gapsTable());
});
