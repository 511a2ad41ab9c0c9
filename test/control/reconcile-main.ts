/** A control function in a process of its own, for tests that kill it: `URL`; each line of its input is one reconcile. */
import { createInterface } from "node:readline";
import { newControlState, reconcile } from "../../src/control/reconcile.ts";
import { kubeObjects } from "../../src/kube/kinds.ts";
import { manifestSet } from "../../src/kube/manifest-set.ts";
import type { ObjectReader } from "../../src/kube/reader.ts";
import { httpStore } from "../../src/store/http.ts";
import { sha256Hex } from "../../src/store/signature.ts";

const store = httpStore(process.argv[2] ?? "");

/** A source that says what these manifests say. */
function reader(cluster: string | null, text: string): ObjectReader {
  const set = manifestSet([{ file: "f", text }], cluster);
  const observation = {
    cluster,
    reachable: true,
    complete: true,
    observedAtMs: 0,
    error: null,
    objects: kubeObjects(set.objects.values()),
    deleted: new Set<string>(),
    problems: set.problems,
    claimClassless: true,
  };
  return {
    cluster,
    start: async () => undefined,
    observe: () => observation,
    onChange: () => undefined,
    close: async () => undefined,
  };
}

const state = newControlState(store);
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const { config, member } = JSON.parse(line) as { config: string; member: string };
  const deps = {
    store,
    config: reader(null, config),
    clusters: () => [reader("fra", member)],
    digest: sha256Hex,
    sign: null,
    verify: null,
    now: Date.now,
  };
  const { outcome } = await reconcile(deps, state, { audience: "test", allowPrivateOrigins: true });
  console.log(JSON.stringify({ outcome }));
}
