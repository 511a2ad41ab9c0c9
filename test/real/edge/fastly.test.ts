/** The edge on Fastly's own engine: `@fastly/js-compute` compiles it, Viceroy runs it. */
import { afterAll, describe, it } from "vitest";
import { FASTLY } from "../../../workers/capabilities.ts";
import { edgeRuntimeSuite } from "../../conformance/edge-runtime.ts";
import { FASTLY_GAPS } from "../../edge/declared-gaps.ts";
import { fastlyEdges, lackingForFastly } from "../../edge/fastly-edge.ts";

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
}
