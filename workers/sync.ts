/** `portolan sync`: the control function once, for schedulers. Wiring only. */
import type { CliDeps, ControlOptions } from "../src/cli/deps.ts";
import type { WaitsFor } from "../src/core/hosts/host-status.ts";
import { newControlState, reconcile, type ReconcileResult } from "../src/control/reconcile.ts";
import { openMirrors } from "./control-push.ts";
import { type ControlSetup, controlDeps, openSetup } from "./control-setup.ts";
import { startDns } from "./dns-control.ts";
import { fromFile } from "./dns-settings.ts";
import { openSources } from "./control-sources.ts";
import { startTlsKeys } from "./control-tls.ts";
import { startWriteBack } from "./control-write-back.ts";
import { changedProblems } from "./files-control.ts";

/** Another writer that wins again and again is a second control function: the next run of the scheduler comes. */
const ATTEMPTS = 5;

/**
 * Reads everything, reconciles once and ends. With a signal it goes no further than the step during which that aborts,
 * and rejects with its reason: every step leaves what the next run goes on from.
 */
export async function syncOnce(
  options: ControlOptions,
  deps: Pick<CliDeps, "out" | "err">,
  signal: AbortSignal | null = null,
): Promise<ReconcileResult["outcome"] | "dns-failing"> {
  const setup = await openSetup(options.file);
  const sources = await openSources(setup, (line) => deps.err(`${line}\n`));
  try {
    signal?.throwIfAborted();
    const log = (line: string) => deps.err(`${line}\n`);
    // What a person has to change is told before anything is published.
    const tls = await startTlsKeys(setup, { store: setup.store, sources, log, onChange: () => undefined });
    const state = newControlState(setup.store);
    const parts = controlDeps(setup, setup.store, sources);
    let result = await reconcile(parts, state, setup.settings);
    for (let attempt = 1; attempt < ATTEMPTS && result.outcome === "lost-race"; attempt++) {
      result = await reconcile(parts, state, setup.settings);
    }
    signal?.throwIfAborted();
    tls.after(result);
    await tls.settled();
    await tls.close();
    result = tls.told(result);
    for (const pushed of await openMirrors(setup, setup.store, log)) {
      signal?.throwIfAborted();
      pushed.push();
      await pushed.settled();
    }
    changedProblems(deps.err)(result.problems);
    deps.out(`${summary(result)}\n`);
    signal?.throwIfAborted();
    const zones = await syncZones(setup, options, result, { ...deps, signal });
    signal?.throwIfAborted();
    // Last: an address tells others that they may move their DNS, so that hosts have to be there first.
    const { accessOf } = sources;
    const places = { file: options.file, accessOf, store: setup.store, log };
    const written = startWriteBack({ ...setup.settings, ...places, waitsFor: zones.waitsFor });
    written.after(result);
    await written.settled();
    await written.close();
    return zones.inStep ? result.outcome : "dns-failing";
  } finally {
    await sources.close();
  }
}

/** Brings the zones in step, once. */
async function syncZones(
  { settings, store }: ControlSetup,
  { file }: ControlOptions,
  result: ReconcileResult,
  { out, err, signal }: Pick<CliDeps, "out" | "err"> & { readonly signal: AbortSignal | null },
): Promise<{ readonly inStep: boolean; readonly waitsFor: WaitsFor }> {
  if (settings.dns === null) return { inStep: true, waitsFor: () => null };
  const dns = await startDns(fromFile(settings.dns, file), {
    store,
    orders: store,
    onEvent: () => undefined,
    log: (line) => err(`${line}\n`),
  });
  // Whoever throttles us is not waited for beyond the time that there is; what was announced is found by the next run.
  signal?.addEventListener("abort", () => void dns.close(), { once: true });
  dns.offer(result);
  await dns.settled();
  for (const { zone, state, cause, held, approval } of dns.status()) {
    const waits = approval === null ? "" : `, ${held.length} changes until: portolan approve ${approval}`;
    out(`zone ${zone}: ${state}${cause === null ? "" : `, ${cause}`}${waits}\n`);
  }
  for (const { host, edge, waitsFor } of dns.hosts()) {
    if (waitsFor !== null) out(`host ${host} at ${edge}: waits for ${waitsFor}\n`);
  }
  const inStep = dns.status().every(({ state }) => state !== "failing" && state !== "busy");
  return { inStep, waitsFor: dns.waitsFor };
}

function summary({ outcome, published }: ReconcileResult): string {
  const version = published === null ? "" : ` ${published.manifest.epoch}.${published.manifest.generation}`;
  switch (outcome) {
    case "published":
    case "unchanged":
      return `${outcome}${version}: ${published?.snapshot.hosts.length ?? 0} hosts`;
    case "waiting":
      return "waiting: the config source has never been read";
    case "lost-race":
      return "lost-race: another control function writes to the same store";
    default:
      return outcome satisfies never;
  }
}
