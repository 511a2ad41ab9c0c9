/** `portolan edge --from DIR`: control and edge in one process, joined by a store in memory. */
import type { CliDeps, EdgeOptions, Running } from "../src/cli/deps.ts";
import { Failure } from "../src/cli/failure.ts";
import { problemText } from "../src/cli/problem-text.ts";
import { runControl } from "../src/control/control.ts";
import type { ReconcileResult } from "../src/control/reconcile.ts";
import { statusReport } from "../src/core/status.ts";
import type { Problem } from "../src/core/objects.ts";
import { parseReport } from "../src/core/snapshot/report.ts";
import { newTap, tapFilter } from "../src/edge/tap.ts";
import { directoryReaders } from "../src/kube/directory.ts";
import { maxmindLocator } from "../src/locate/maxmind.ts";
import { memoryStore } from "../src/store/memory.ts";
import { sha256Hex } from "../src/store/signature.ts";
import type { Store } from "../src/store/store.ts";
import { textStore } from "../src/store/text.ts";
import { startAdmin } from "./node-admin.ts";
import { orderActions } from "./order-actions.ts";
import { edgeStore, startNodeEdge } from "./node-edge.ts";

const AUDIENCE = "files";

/** Starts everything or fails with what is wrong and what to try. */
export async function startFilesEdge(options: EdgeOptions, deps: Pick<CliDeps, "out" | "err">): Promise<Running> {
  const directory = await directoryReaders(options.from);
  const atStart = [directory.config, ...directory.clusters()].map((reader) => reader.observe());
  const errors = atStart.flatMap((one) => one.problems).filter((problem) => problem.severity === "error");
  if (directory.config.observe().error !== null || errors.length > 0) {
    await directory.close();
    const text = errors.map(problemText).join("\n") || (directory.config.observe().error ?? "");
    throw new Failure(`Cannot start from ${options.from}:\n${text}`, `portolan validate -f ${options.from}`);
  }
  const locator = options.geoip === null ? null : await maxmindLocator(options.geoip, { onProblem: deps.err });
  const store = memoryStore();
  const sayOnce = changedProblems(deps.err);
  const control = await runControl(
    {
      store,
      config: directory.config,
      clusters: directory.clusters,
      digest: sha256Hex,
      sign: null,
      verify: null,
      now: Date.now,
    },
    {
      audience: AUDIENCE,
      allowPrivateOrigins: options.allowPrivateOrigins,
      debounceMs: 10,
      intervalMs: 5000,
      onResult: (result) => sayOnce(result.problems),
      onError: (error) => deps.err(`Cannot reconcile: ${String(error)}\n`),
    },
  );
  directory.onClusters(() => {
    for (const reader of directory.clusters()) control.watch(reader);
    control.trigger();
  });
  const tap = newTap(Date.now);
  const edge = await startNodeEdge(
    {
      ...options,
      name: "edge",
      audience: AUDIENCE,
      debugToken: process.env.PORTOLAN_DEBUG_TOKEN ?? null,
      pollIntervalMs: 100,
    },
    {
      store: edgeStore(store),
      verify: null,
      locator,
      accessLog: (line) => deps.out(`${line}\n`),
      log: (line) => deps.err(`${line}\n`),
    },
  ).catch((error: unknown) => portFailure(error, "--listen", options.listen));
  const admin =
    options.admin === null
      ? null
      : await startAdmin(options.admin, {
          metricsText: edge.edge.metricsText,
          notReady: edge.edge.notReady,
          status: () => statusOf(store, control.last()),
          events: () => Promise.resolve(control.last()?.overlay?.events ?? []),
          tap: (query) => tap.listen(tapFilter(query)),
          actions: orderActions(store, control),
        }).catch((error: unknown) => portFailure(error, "--admin", options.admin));
  return {
    banner: [`edge       ${edge.url}`, ...(admin === null ? [] : [`admin      ${admin.url}`])],
    async close() {
      await admin?.close();
      await edge.close();
      await control.close();
      await directory.close();
      locator?.close();
    },
  };
}

/** The status of a store and the last reconcile. */
export async function statusOf(store: Store, last: ReconcileResult | null): Promise<ReturnType<typeof statusReport>> {
  const text = textStore(store);
  const reports = [];
  for (const key of await store.list("reports/")) {
    const parsed = parseReport((await text.get(key)) ?? "");
    if (parsed.ok) reports.push(parsed.report);
  }
  return statusReport({
    published: last?.published ?? null,
    overlay: last?.overlay ?? null,
    reports,
    withheld: last?.withheld ?? [],
    approval: last?.approval ?? null,
    rollback: last?.orders.rollback ?? null,
    drains: last?.orders.drains ?? [],
    problems: last?.problems ?? [],
    nowMs: Date.now(),
  });
}

/** Prints problems when they change, not at every reconcile. */
function changedProblems(err: (text: string) => void): (problems: readonly Problem[]) => void {
  let before = "";
  return (problems) => {
    const text = problems.map((problem) => `${problemText(problem)}\n`).join("");
    if (text !== before && text !== "") err(text);
    before = text;
  };
}

/** What to do about a port that cannot be had. */
export function portFailure(
  error: unknown,
  argument: string,
  listen: { readonly host: string; readonly port: number } | null,
): never {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const where = `${listen?.host}:${listen?.port}`;
  if (code === "EADDRINUSE")
    throw new Failure(
      `Cannot listen on ${where}: the port is taken`,
      `${argument} with another port, 0 for a free one`,
      { cause: error },
    );
  if (code === "EACCES")
    throw new Failure(`Cannot listen on ${where}: this user may not`, `${argument} with a port above 1023`, {
      cause: error,
    });
  throw new Failure(
    `Cannot listen on ${where}: ${error instanceof Error ? error.message : String(error)}`,
    `${argument} 127.0.0.1:0`,
    { cause: error },
  );
}
