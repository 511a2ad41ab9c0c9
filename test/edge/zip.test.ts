import { unzipSync } from "fflate";
import { expect, it } from "vitest";
import { zip } from "../../scripts/zip.ts";

it("zip() gives the same bytes whatever the order of the files", () => {
  const files: readonly (readonly [string, string])[] = [
    ["b.js", "export const b = 1;\n"],
    ["a.js", "a"],
  ];
  const bytes = zip(new Map(files));
  expect(zip(new Map([...files].reverse()))).toEqual(bytes);
  const read = Object.entries(unzipSync(bytes)).map(([name, content]) => [name, new TextDecoder().decode(content)]);
  expect(read).toEqual([...files].reverse());
});
