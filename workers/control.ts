/** `portolan control`: the control function on real clusters, as a daemon. Wiring only. */
import { dirname } from "node:path";
import { causeOf } from "../src/core/cause.ts";
import type { CliDeps, ControlOptions, Running } from "../src/cli/deps.ts";
import { startRenewal } from "../src/kube/join/renewal.ts";
import { runControl, type RunningControl } from "../src/control/control.ts";
import type { LoadBalancerAddress } from "../src/core/objects.ts";
import { type StandingLease, standingLease } from "../src/control/lease.ts";
import { controlMetrics } from "../src/control/metrics.ts";
import type { HealthEvent } from "../src/core/health/model.ts";
import { type WatchedStore, watchedStore } from "../src/store/watched.ts";
import { type Keep, startAll } from "./keep.ts";
import { serveAgents } from "./agent.ts";
import { openMirrors } from "./control-push.ts";
import { type ControlSetup, controlDeps, openSetup } from "./control-setup.ts";
import { openSources } from "./control-sources.ts";
import { changedProblems } from "./files-control.ts";
import { portFailure } from "./files-edge.ts";
import { type DnsControl, startDns } from "./dns-control.ts";
import { fromFile } from "./dns-settings.ts";
import { edgesMay } from "./key-files.ts";
import { type RunningApi, startAdmin, startStoreApi } from "./node-admin.ts";
import { startTlsKeys } from "./control-tls.ts";
import { startWriteBack } from "./control-write-back.ts";
import { orderActions } from "./order-actions.ts";
import { resourcesOf, statusOf } from "./status.ts";

/** Tokens of joined clusters are looked at so often. */
const RENEWAL_MS = 10_000;
/** Changes that arrive within it are one. */
const DEBOUNCE_MS = 10;
const LEASE_MS = 15_000;

/** Long enough for a few reconciles: whoever dies is missed for so long. */
function leaseOf({ settings, store }: ControlSetup): StandingLease {
  const forMs = Math.max(LEASE_MS, 3 * settings.intervalMs);
  const key = `control/lease-${settings.audience}`;
  return standingLease(store, { key, holder: crypto.randomUUID(), forMs, now: Date.now });
}

/** Watches until it is closed; fails at once with what a person has to change. */
export async function startControl(options: ControlOptions, deps: Pick<CliDeps, "out" | "err">): Promise<Running> {
  const setup = await openSetup(options.file);
  const log = (line: string) => deps.err(`${line}\n`);
  return await startAll((keep) => startParts(options, setup, { log, err: deps.err, keep }));
}

interface StartParts {
  readonly log: (line: string) => void;
  readonly err: (text: string) => void;
  readonly keep: Keep;
}

async function startParts(
  options: ControlOptions,
  setup: ControlSetup,
  { log, err, keep }: StartParts,
): Promise<Omit<Running, "close">> {
  const { settings } = setup;
  // A version of the process before this one is never the current one.
  const store = watchedStore(setup.store, crypto.randomUUID());
  const sources = keep(await openSources(setup, log));
  const mirrors = await openMirrors(setup, store, log);
  const sayOnce = changedProblems(err);
  const metrics = controlMetrics();
  let note = (_event: HealthEvent): void => undefined;
  const dns =
    settings.dns === null
      ? null
      : keep(
          await startDns(fromFile(settings.dns, options.file), {
            store: setup.store,
            orders: setup.store,
            onEvent: (event) => note(event),
            log,
          }),
        );
  const waitsFor = dns?.waitsFor ?? (() => null);
  const { accessOf } = sources;
  let again = (): void => undefined;
  const tls = keep(await startTlsKeys(setup, { store, sources, log, onChange: () => again() }));
  const written = keep(startWriteBack({ ...settings, file: options.file, accessOf, store, waitsFor, log }));
  const control = keep(
    await runControl(controlDeps(setup, store, sources), {
      audience: settings.audience,
      allowPrivateOrigins: settings.allowPrivateOrigins,
      debounceMs: DEBOUNCE_MS,
      intervalMs: settings.intervalMs,
      ...(settings.lease ? { lease: leaseOf(setup) } : {}),
      onResult(reconciled, durationMs) {
        for (const one of mirrors) one.push();
        tls.after(reconciled);
        const result = tls.told(reconciled);
        written.after(result);
        metrics.reconciled(result, { nowMs: Date.now(), durationMs });
        sayOnce(result.problems);
        dns?.offer(result);
      },
      onError(error) {
        metrics.failed();
        log(`Cannot reconcile: ${causeOf(error)}`);
      },
    }),
  );
  note = control.note;
  again = control.trigger;
  sources.onChange(control.trigger);
  keep(startRenewal(dirname(options.file), { intervalMs: RENEWAL_MS, now: Date.now, log }));
  const banner = [`control    audience ${settings.audience}, store ${setup.store.name}`];
  if (setup.serve !== null) {
    banner.push(`store      ${keep(await serveStore(setup.serve, store)).url}`);
    keep({ close: store.release });
  }
  if (settings.agents !== null && sources.agents !== null) {
    banner.push(`agents     ${keep(await serveAgents(settings.agents, sources.agents)).url}`);
  }
  if (setup.admin !== null) {
    const metricsText = () => `${metrics.text()}${dns?.metricsText() ?? ""}${tls.metricsText()}`;
    const told = { ...control, last: () => tls.told(control.last()) };
    const parts = { ...settings, store, control: told, metricsText, zonesAndHosts: dns };
    banner.push(`admin      ${keep(await serveAdmin(setup.admin, parts)).url}`);
  }
  return { banner };
}

async function serveStore(serve: NonNullable<ControlSetup["serve"]>, store: WatchedStore): Promise<RunningApi> {
  const { listen, token } = serve;
  return await startStoreApi(listen, { store, may: edgesMay(token), changes: store.changes }).catch((error: unknown) =>
    portFailure(error, "spec.serve.listen", listen),
  );
}

interface AdminParts {
  readonly store: WatchedStore;
  readonly control: RunningControl;
  readonly metricsText: () => string;
  readonly zonesAndHosts: DnsControl | null;
  readonly edgeAddresses: readonly LoadBalancerAddress[];
}

async function serveAdmin(listen: NonNullable<ControlSetup["admin"]>, parts: AdminParts): Promise<RunningApi> {
  const { store, control, metricsText, zonesAndHosts: dns, edgeAddresses } = parts;
  return await startAdmin(listen, {
    metricsText,
    // One that waits for the lease is ready to take over.
    notReady: () =>
      control.isStandby() || (control.last()?.published ?? null) !== null ? null : "nothing is published yet",
    status: () => statusOf(store, control.last(), dns),
    resources: () => resourcesOf(store, control.last(), edgeAddresses, dns),
    events: () => Promise.resolve(control.last()?.overlay?.events ?? []),
    actions: orderActions(store, control, () => dns?.status() ?? []),
  }).catch((error: unknown) => portFailure(error, "spec.admin", listen));
}
