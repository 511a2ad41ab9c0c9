import { randomBytes } from "node:crypto";
import { mkdtemp, rm, symlink, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { hopKeyFile } from "../../src/store/hop-key-file.ts";
import { eventually } from "../scenarios/until.ts";

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "portolan-keys-"));
  closing.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

const line = (id: string, base64 = randomBytes(32).toString("base64")) => `${id} ${base64}\n`;

describe("hopKeyFile()", () => {
  it("takes new keys when the link to the file is swapped, as a mounted Secret does", async () => {
    const dir = await folder();
    const [one, two] = [join(dir, "one"), join(dir, "two")];
    await writeFile(one, line("a"));
    await writeFile(two, line("b") + line("a"));
    await symlink(one, join(dir, "keys"));
    const lines: string[] = [];
    const file = await hopKeyFile(join(dir, "keys"), { pollIntervalMs: 5, log: (text) => void lines.push(text) });
    closing.push(file.close);
    expect(file.current().ids).toEqual(["a"]);
    await symlink(two, join(dir, "next"));
    await rename(join(dir, "next"), join(dir, "keys"));
    await eventually(
      () => Promise.resolve(file.current().ids.join()),
      (ids) => ids === "b,a",
    );
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ event: "hop-keys-changed", ids: ["b", "a"] });
  });

  it("keeps the old keys while the file is bad or gone, says so once, and never what stands in it", async () => {
    const path = join(await folder(), "keys");
    await writeFile(path, line("a"));
    const lines: string[] = [];
    const file = await hopKeyFile(path, { pollIntervalMs: 60_000, log: (text) => void lines.push(text) });
    closing.push(file.close);
    await writeFile(path, "a notBase64!secret\n");
    await file.refresh();
    await file.refresh();
    await rm(path);
    await file.refresh();
    expect(file.current().ids).toEqual(["a"]);
    expect(lines).toHaveLength(2);
    expect(lines.join()).toContain("line 1 is not");
    expect(lines.join()).toContain("ENOENT");
    expect(lines.join()).not.toContain("secret");
  });

  it("does not open without a usable key", async () => {
    const path = join(await folder(), "keys");
    await expect(hopKeyFile(path)).rejects.toThrow(/Cannot read the hop keys/);
    await writeFile(path, line("a", "c2hvcnQ="));
    await expect(hopKeyFile(path)).rejects.toThrow(/shorter than 32 bytes/);
    await writeFile(path, "# none yet\n");
    await expect(hopKeyFile(path)).rejects.toThrow(/0 hop keys/);
  });
});
