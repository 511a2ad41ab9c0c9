/** Writing back after each reconcile of `portolan control`. Wiring only. */
import { dirname } from "node:path";
import { causeOf } from "../src/core/cause.ts";
import { hostProblems, type WaitsFor } from "../src/core/hosts/host-status.ts";
import type { LoadBalancerAddress } from "../src/core/objects.ts";
import { planWriteBack } from "../src/core/write-back/plan.ts";
import { newest } from "../src/control/newest.ts";
import type { ReconcileResult } from "../src/control/reconcile.ts";
import type { ApiAccess } from "../src/kube/access/access.ts";
import { joinedClusters } from "../src/kube/join/joined.ts";
import { writeBack } from "../src/kube/write-back.ts";
import type { Store } from "../src/store/store.ts";
import { apiClients } from "./api-clients.ts";
import { statusOf } from "./status.ts";

export interface WriteBackOptions {
  /** Of portolan.yaml: joined clusters say there whether they may be written to. */
  readonly file: string;
  /** All clusters may, joined or not. */
  readonly writeBack: boolean;
  readonly edgeAddresses: readonly LoadBalancerAddress[];
  /** The way to a cluster's API, null for the config cluster. */
  readonly accessOf: (cluster: string | null) => ApiAccess | null;
  readonly waitsFor: WaitsFor;
  readonly store: Store;
  readonly log: (line: string) => void;
}

export interface RunningWriteBack {
  /** After a reconcile; the last one counts when several come while one is carried out. */
  after(result: ReconcileResult): void;
  /** Resolves when nothing is left to write. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Starts with nothing to write. */
export function startWriteBack(options: WriteBackOptions): RunningWriteBack {
  const clients = apiClients(options.accessOf);
  let closed = false;

  const writer = writeBack({ clientOf: clients.of, now: Date.now, log: options.log });

  async function once(result: ReconcileResult): Promise<void> {
    const snapshot = result.published?.snapshot ?? null;
    const seen = result.observations;
    if (snapshot === null || seen === null) return;
    const joined = await joinedClusters(dirname(options.file)).list();
    const allowed = new Set(joined.flatMap(({ name, writeBack: may }) => (may ? [name] : [])));
    const report = await statusOf(options.store, result);
    const plan = planWriteBack({
      observed: [seen.config, ...seen.clusters],
      snapshot,
      problems: [...result.problems, ...hostProblems(options.waitsFor, snapshot)],
      waitsFor: options.waitsFor,
      clusters: report.clusters,
      readyCounts: report.backends,
      edgeAddresses: options.edgeAddresses,
      mayWrite: (cluster) => options.writeBack || (cluster !== null && allowed.has(cluster)),
    });
    await writer.carryOut(plan);
  }

  const writing = newest((result: ReconcileResult) =>
    once(result).catch((error: unknown) => options.log(`Cannot write back: ${causeOf(error)}`)),
  );

  return {
    after(result) {
      if (!closed) writing.offer(result);
    },
    settled: writing.settled,
    async close() {
      closed = true;
      writing.clear();
      await writing.settled();
      await clients.close();
    },
  };
}
