import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readControlFile } from "../../src/kube/control-file.ts";
import type { PushSettings } from "../../src/kube/schema/push.ts";

const ACCOUNT = "0123456789abcdef0123456789abcdef";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "portolan-control-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function pushOf(text: string): Promise<readonly PushSettings[] | readonly string[]> {
  const file = join(folder, "portolan.yaml");
  const spec = `store: { file: state }, signingKey: keys/signing.jwk, push: [${text}]`;
  await writeFile(
    file,
    `apiVersion: portolan.dev/v1alpha1\nkind: Control\nmetadata: { name: control }\nspec: { ${spec} }\n`,
  );
  const read = await readControlFile(file);
  return read.ok ? read.settings.push : read.problems.map(({ message }) => message);
}

describe("spec.push", () => {
  it("takes addresses and the KV stores of vendors, with their defaults", async () => {
    const push = await pushOf(
      `{ url: "https://edge.example.org", tokenFile: keys/token }, { workersKv: { account: ${ACCOUNT}, namespace: ${ACCOUNT} } }, { fastlyKv: { store: abcdefghij }, interval: 1m, endpoint: "http://127.0.0.1:1", tokenFile: t }`,
    );
    expect(push).toEqual([
      { url: "https://edge.example.org", tokenFile: join(folder, "keys/token") },
      {
        workersKv: { account: ACCOUNT, namespace: ACCOUNT },
        tokenFile: null,
        endpoint: null,
        intervalMs: 10_000,
        parts: false,
      },
      {
        fastlyKv: { store: "abcdefghij" },
        tokenFile: join(folder, "t"),
        endpoint: "http://127.0.0.1:1",
        intervalMs: 60_000,
        parts: true,
      },
    ]);
  });

  it.each([
    ["{ tokenFile: t }", /exactly one of url, workersKv, fastlyKv/],
    ['{ url: "https://edge.example.org", fastlyKv: { store: abcdefghij } }', /exactly one of/],
    [`{ workersKv: { account: mine, namespace: ${ACCOUNT} } }`, /id of Cloudflare, 32 lower-case hex digits/],
    ["{ fastlyKv: { store: a/b } }", /id of a KV Store/],
    ["{ fastlyKv: { store: abcdefghij }, interval: 10ms }", /interval|duration|1s/],
  ])("refuses %s", async (text, problem) => {
    expect(JSON.stringify(await pushOf(text))).toMatch(problem);
  });
});
