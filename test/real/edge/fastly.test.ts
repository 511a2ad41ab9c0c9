/** The edge on Fastly's own engine: `@fastly/js-compute` compiles it, Viceroy runs it. */
import { afterAll, describe, expect, it } from "vitest";
import { fastlyScript } from "../../../scripts/bundle-fastly.ts";
import { fastlyCompiler } from "../../../scripts/fastly-compiler.ts";
import { FASTLY } from "../../../workers/capabilities.ts";
import { ask } from "../../conformance/edge-client.ts";
import { edgeRuntimeSuite } from "../../conformance/edge-runtime.ts";
import { FASTLY_GAPS } from "../../edge/declared-gaps.ts";
import { decisionHash } from "../../edge/decisions/hash.ts";
import { decisionInput, INPUT } from "../../edge/decisions/input-plugin.ts";
import { fastlyEdges, lackingForFastly } from "../../edge/fastly-edge.ts";
import { startViceroy } from "../../edge/viceroy.ts";

const lacking = await lackingForFastly();

if (lacking !== null) {
  console.warn(lacking);
  describe.skip(lacking, () => it("runs", () => undefined));
} else {
  const edges = await fastlyEdges();
  afterAll(edges.close);

  edgeRuntimeSuite(
    {
      name: "Fastly Compute (Viceroy)",
      provesUnsent: FASTLY.provesUnsent,
      hostOverride: FASTLY.hostOverride,
      readsParts: true,
      start: (options) => edges.start(options),
    },
    FASTLY_GAPS,
  );

  it("decides 10,000 requests as every other runtime does", async () => {
    const script = await fastlyScript(null, {
      entry: "test/edge/decisions/fastly.ts",
      plugins: [decisionInput(INPUT)],
    });
    const compiler = await fastlyCompiler(console.warn);
    const module = compiler?.compile(script.code) ?? new Uint8Array();
    const edge = await startViceroy({ module, settings: {}, secrets: {}, kv: new Map() });
    expect((await ask(edge.url, "/")).text).toBe(await decisionHash(INPUT));
    await edge.close();
  });
}
