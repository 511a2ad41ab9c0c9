import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readEdgeKeys, readRecipients } from "../../workers/edge-key-files.ts";
import { type Closing, temporaryFolder } from "../build/files-edge.ts";
import { runCli } from "../build/run-cli.ts";

const closing: Closing = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe("portolan keys --edge", () => {
  it("makes a pair that belongs together, for its owner alone, prints the public half, and overwrites nothing", async () => {
    const dir = await temporaryFolder(closing);
    const { code, out, err } = await runCli("keys", dir, "--edge", "--id", "fra-1");
    expect([code, err]).toEqual([0, ""]);
    const [secret = "", open = "", printed = ""] = out.split("\n");
    expect([secret, open]).toEqual([join(dir, "edge.jwk"), join(dir, "edge-public.json")]);
    expect(JSON.parse(printed)).toEqual(JSON.parse(readFileSync(open, "utf8")));
    expect(JSON.parse(printed)).toEqual({ "fra-1": { kty: "OKP", crv: "X25519", x: expect.any(String) as string } });
    expect(statSync(secret).mode & 0o777).toBe(0o600);
    const { d } = JSON.parse(readFileSync(secret, "utf8")) as { d: string };
    expect(out).not.toContain(d);
    const [edge] = await readEdgeKeys([secret]);
    const [recipient] = await readRecipients([open]);
    expect([edge?.id, edge?.name]).toEqual([recipient?.id, "fra-1"]);
    const again = await runCli("keys", dir, "--edge");
    expect(again.code).toBe(1);
    expect(again.err).toContain(`Cannot write ${secret}: EEXIST`);
    expect(readFileSync(secret, "utf8")).toContain(d);
    // Beside the key of manifests, with a name of its own.
    expect((await runCli("keys", dir)).code).toBe(0);
  });
});

describe("readRecipients() and readEdgeKeys()", () => {
  it("refuse files that hold something else, and repeat nothing of them", async () => {
    const dir = await temporaryFolder(closing);
    await runCli("keys", dir, "--edge", "--id", "one");
    await runCli("keys", dir);
    const file = (name: string) => join(dir, name);
    const secret = readFileSync(file("edge.jwk"), "utf8");
    const { d } = JSON.parse(secret) as { d: string };
    writeFileSync(file("leaked.json"), JSON.stringify({ one: JSON.parse(secret) as object }));
    writeFileSync(file("empty.json"), "{}");
    const refused: Record<string, string> = {
      "leaked.json": 'Cannot seal to the key "one"',
      "empty.json": "it holds no key",
      "edge.jwk": 'Cannot seal to the key "kty"',
      "public-keys.json": "it is not an X25519 key",
      "none.json": "Cannot read",
    };
    for (const [name, text] of Object.entries(refused)) {
      const failed = await readRecipients([file(name)]).catch(String);
      expect(failed, name).toContain(text);
      expect(failed, name).not.toContain(d);
    }
    for (const name of ["edge-public.json", "signing.jwk", "public-keys.json", "none.jwk"]) {
      expect(await readEdgeKeys([file(name)]).catch(String), name).toMatch(/^Error: Cannot (?:use the edge key|read)/);
    }
    expect(await readRecipients([file("edge-public.json"), file("edge-public.json")])).toHaveLength(1);
  });
});

describe("portolan edge --edge-key", () => {
  it("is for a store, and needs a key that opens", async () => {
    const dir = await temporaryFolder(closing);
    await runCli("keys", dir);
    const edge = (...more: string[]) => runCli("edge", "--listen", "127.0.0.1:0", ...more);
    expect((await edge("--from", dir, "--edge-key", "k")).err).toBe(
      "Cannot open Secrets with --edge-key: --from holds them as they are\nNext: --tls-secrets\n",
    );
    const store = ["--store", dir, "--public-keys", join(dir, "public-keys.json")];
    expect((await edge(...store, "--tls-secrets")).err).toContain("--edge-key FILE for those that control has sealed");
    expect((await edge(...store, "--edge-key", join(dir, "signing.jwk"))).err).toContain("Cannot use the edge key");
  });
});
