/** One run of the control function on Workers: compiles what agents have sent, under a lease and within its time. */
import { type Leased, withLease } from "../src/control/lease.ts";
import { newControlState, reconcile, type ReconcileResult } from "../src/control/reconcile.ts";
import { mailReader } from "../src/kube/agent/mailbox.ts";
import { manifestSource } from "../src/kube/manifest-source.ts";
import type { ObjectReader } from "../src/kube/reader.ts";
import { sha256Hex } from "../src/store/signature.ts";
import type { Store } from "../src/store/store.ts";
import { textStore } from "../src/store/text.ts";
import { storeUntil } from "../src/store/until.ts";
import type { ControlCronSettings } from "./control-cron-env.ts";

export type CronRun =
  | { readonly outcome: ReconcileResult["outcome"]; readonly problems: number; readonly withheld: number }
  /** Another run holds the lease. */
  | { readonly outcome: "leased"; readonly by: string }
  /** The time was up; the next run goes on. */
  | { readonly outcome: "out-of-time" };

const LEASE = "lease/control";
/** Manifests of the config source, one text of several documents; whoever deploys writes it. */
export const CONFIG_KEY = "config.yaml";
/** The one that was compiled last, so that what went from it counts as seen to go. */
const COMPILED_KEY = "control/config.yaml";
const ATTEMPTS = 3;

/** Rejects where the store cannot be reached; nothing is half-written then. */
export async function controlRun(settings: ControlCronSettings, now: () => number): Promise<CronRun> {
  const { budgetMs } = settings;
  const signal = AbortSignal.timeout(budgetMs);
  const options = { key: LEASE, holder: crypto.randomUUID(), forMs: budgetMs, now };
  try {
    return answerOf(await withLease(settings.store, options, () => work(settings, signal, now)));
  } catch (error) {
    if (signal.aborted && error === signal.reason) return { outcome: "out-of-time" };
    throw error;
  }
}

async function work(settings: ControlCronSettings, signal: AbortSignal, now: () => number): Promise<CronRun> {
  const store = storeUntil(settings.store, signal);
  const { audience, allowPrivateOrigins, claimClassless, silenceMs } = settings;
  const { reader: config, text } = await configReader(store, now);
  const named = new Set(
    config.observe().objects.clusters.flatMap(({ meta, access }) => (access === "agent" ? [meta.name] : [])),
  );
  const mail = { ...textStore(store), delete: store.delete };
  const readers: ObjectReader[] = [];
  for (const cluster of settings.agents.filter((one) => named.has(one))) {
    readers.push(await mailReader(cluster, { mail, verify: settings.verifyAgents, now, claimClassless, silenceMs }));
  }
  try {
    const { sign, verify } = settings;
    const deps = { store, config, clusters: () => readers, digest: sha256Hex, sign, verify, now };
    const state = newControlState(store);
    let result = await reconcile(deps, state, { audience, allowPrivateOrigins });
    for (let attempt = 1; attempt < ATTEMPTS && result.outcome === "lost-race"; attempt++) {
      result = await reconcile(deps, state, { audience, allowPrivateOrigins });
    }
    const { outcome, problems, withheld } = result;
    if (text !== null && outcome !== "lost-race") await textStore(store).put(COMPILED_KEY, text, "any");
    return { outcome, problems: problems.length, withheld: withheld.length };
  } finally {
    for (const reader of readers) await reader.close();
  }
}

/** The config source as it is now, on top of how it was at the run before: what went in between was seen to go. */
async function configReader(
  store: Store,
  now: () => number,
): Promise<{ readonly reader: ObjectReader; readonly text: string | null }> {
  const [text, before] = await Promise.all([CONFIG_KEY, COMPILED_KEY].map((key) => textStore(store).get(key)));
  const source = manifestSource(null, now);
  for (const one of [before ?? null, text ?? null]) {
    const files = one === null ? [] : [{ file: CONFIG_KEY, text: one }];
    source.update({ ok: true, signature: "", files, folders: [] });
  }
  const reader: ObjectReader = {
    cluster: null,
    start: () => Promise.resolve(),
    observe: source.observe,
    onChange: () => undefined,
    close: () => Promise.resolve(),
  };
  return { reader, text: text ?? null };
}

function answerOf(leased: Leased<CronRun>): CronRun {
  return leased.held ? leased.result : { outcome: "leased", by: leased.by };
}
