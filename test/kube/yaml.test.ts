import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseManifests } from "../../src/kube/yaml.ts";

/** `severity line:column message` of each problem. */
function problemsOf(text: string): string[] {
  return parseManifests(text, "f.yaml").problems.map(
    ({ severity, position, message }) => `${severity} ${position?.line}:${position?.column} ${message}`,
  );
}

function valuesOf(text: string): unknown[] {
  return parseManifests(text, "f.yaml").documents.map(({ value }) => value);
}

describe("parseManifests()", () => {
  test("reads several documents and skips empty ones", () => {
    expect(valuesOf("---\na: 1\n---\n---\n# nothing\n---\nb: 2\n...\n")).toEqual([{ a: 1 }, { b: 2 }]);
    expect(valuesOf("")).toEqual([]);
  });

  test("reads JSON, indented with tabs too", () => {
    expect(valuesOf('{\n\t"a": [\n\t\t1\n\t]\n}')).toEqual([{ a: [1] }]);
  });

  test("expands a List and keeps the positions of its items", () => {
    const { documents } = parseManifests(
      "kind: List\nitems:\n- kind: A\n- kind: List\n  items:\n  - kind: B\n",
      "f.yaml",
    );
    expect(documents.map(({ value }) => value)).toEqual([{ kind: "A" }, { kind: "B" }]);
    expect(documents[1]?.positionOf(["kind"])).toEqual({ file: "f.yaml", line: 6, column: 11 });
  });

  test("knows the position of values, keys and nearest ancestors", () => {
    const [document] = parseManifests("a:\n  b: [1, {c: x}]\n", "f.yaml").documents;
    expect(document?.positionOf(["a", "b", 1, "c"])).toMatchObject({ line: 2, column: 14 });
    expect(document?.positionOf(["a", "b", 1, "c"], "key")).toMatchObject({ line: 2, column: 11 });
    expect(document?.positionOf(["a", "b", 7, "c"])).toMatchObject({ line: 2, column: 6 });
    expect(document?.positionOf(["a", "missing", 0])).toMatchObject({ line: 2, column: 3 });
    expect(document?.positionOf([])).toMatchObject({ line: 1, column: 1 });
  });

  test("finds positions through an alias", () => {
    const [document] = parseManifests("x: &x {a: 1}\nz: *x\n", "f.yaml").documents;
    expect(document?.positionOf(["z", "a"])).toMatchObject({ line: 1, column: 11 });
  });

  test.each([
    ["on", true],
    ["y", true],
    ["No", false],
    ["0644", 420],
    ["-010", -8],
    ["1_000", 1000],
    ["0b11", 3],
  ])("reads unquoted %s as kubectl does, with a warning", (source, value) => {
    expect(valuesOf(`v: ${source}`)).toEqual([{ v: value }]);
    expect(problemsOf(`v: ${source}`)).toEqual([
      `warning 1:4 value ${source} reads as ${String(value)} in kubectl (YAML 1.1); quote it if you meant text`,
    ]);
  });

  test("does not warn about quoted text, plain numbers or words", () => {
    expect(problemsOf('a: "on"\nb: \'0644\'\nc: 0\nd: 10.5\ne: one\nf: true\ng: 0x1f\nh: "1_000"\n')).toEqual([]);
  });

  test.each([
    ["a: 1\nb: 2\na: 3\n", "error 3:1 Cannot read the document: a key occurs twice in one mapping"],
    ["a:\n\tb: 1\n", "error 2:1 Cannot read the document: it is indented with a tab; use spaces"],
    ["a: [1, 2\nb: 3\n", "error 2:1 Cannot read the document: flow sequence in block collection must be"],
    ["a: 1\nb: *x\n", "error 2:4 Cannot resolve the document's aliases: unresolved alias"],
  ])("tells the place of the mistake in %j", (text, expected) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.startsWith(expected)).toBe(true);
    expect(valuesOf(text)).toEqual([]);
  });

  test("keeps the documents beside a broken one", () => {
    expect(valuesOf("a: 1\n---\nb: [\n---\nc: 3\n")).toEqual([{ a: 1 }, { c: 3 }]);
  });

  test("refuses an alias bomb", () => {
    const names = "abcdefghij".split("");
    const lines = names.map(
      (name, i) =>
        `${name}: &${name} [${Array(9)
          .fill(i === 0 ? "lol" : `*${names[i - 1]}`)
          .join(", ")}]`,
    );
    expect(problemsOf(lines.join("\n"))[0]).toMatch(/^error 2:8 Cannot resolve the document's aliases: excessive/);
  });

  test("refuses nesting without end", () => {
    expect(problemsOf(`a: ${"[".repeat(100_000)}`)[0]).toMatch(/^error /);
    expect(problemsOf(`${"{a: ".repeat(20_000)}1${"}".repeat(20_000)}`)[0]).toMatch(/^error /);
  });

  test("says nothing about what is inside a Secret", () => {
    expect(problemsOf("kind: Secret\nstringData: {password: 0644}\n")).toEqual([]);
  });

  test("never throws, and positions lie inside the text", () => {
    const pieces = fc.constantFrom(
      "a",
      ":",
      " ",
      "\n",
      "- ",
      "{",
      "}",
      "[",
      "]",
      "&x ",
      "*x",
      "---\n",
      "!t ",
      "'",
      '"',
      "\t",
      "|",
      "<<: ",
      "? ",
    );
    const text = fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: "binary", maxLength: 60 })), (text) => {
        const { documents, problems } = parseManifests(text, "f.yaml");
        const lines = text.split(/\r\n|\r|\n/).length;
        for (const { position } of problems) expect(position?.line).toBeLessThanOrEqual(lines);
        for (const { positionOf } of documents) expect(positionOf(["spec", 0, "a"]).line).toBeGreaterThanOrEqual(1);
      }),
      { numRuns: 2000 },
    );
  });
});
