import type { Plugin } from "esbuild";
import type { DecisionInput } from "./hash.ts";
import { randomWorld } from "./random-world.ts";

/** What every runtime decides. */
export const INPUT: DecisionInput = randomWorld({ seed: 20261124, hosts: 300, clusters: 40, requests: 10_000 });

/** Puts the world where `decision-input` is imported. */
export function decisionInput(input: DecisionInput): Plugin {
  return {
    name: "decision-input",
    setup(plugins) {
      plugins.onResolve({ filter: /^decision-input$/ }, ({ path }) => ({ path, namespace: "input" }));
      plugins.onLoad({ filter: /.*/, namespace: "input" }, () => ({ contents: JSON.stringify(input), loader: "json" }));
    },
  };
}
