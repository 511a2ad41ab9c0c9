import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readControlFile } from "../../src/kube/control-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "portolan-control-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function secretsOf(text: string): Promise<unknown> {
  const file = join(folder, "portolan.yaml");
  const spec = `store: { file: state }, signingKey: keys/signing.jwk${text}`;
  await writeFile(
    file,
    `apiVersion: portolan.dev/v1alpha1\nkind: Control\nmetadata: { name: control }\nspec: { ${spec} }\n`,
  );
  const read = await readControlFile(file);
  return read.ok ? read.settings.tlsSecrets : read.problems.map(({ field }) => field);
}

describe("spec.tlsSecrets", () => {
  it("is off unless somebody is named to seal to", async () => {
    expect(await secretsOf("")).toBeNull();
    expect(await secretsOf(", tlsSecrets: { recipients: [a.json, /etc/b.json] }")).toEqual({
      recipients: [join(folder, "a.json"), "/etc/b.json"],
      intervalMs: 60_000,
    });
    expect(await secretsOf(", tlsSecrets: { recipients: [a.json], interval: 5m }")).toMatchObject({
      intervalMs: 300_000,
    });
    expect(await secretsOf(", tlsSecrets: {}")).toEqual(["spec.tlsSecrets.recipients"]);
    expect(await secretsOf(", tlsSecrets: { recipients: [] }")).toEqual(["spec.tlsSecrets.recipients"]);
    expect(await secretsOf(", tlsSecrets: { recipients: [a], interval: 10ms }")).toEqual(["spec.tlsSecrets.interval"]);
    expect(await secretsOf(", tlsSecrets: { recipients: [a], recipient: b }")).toEqual(["spec.tlsSecrets.recipient"]);
  });
});
