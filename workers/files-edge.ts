/** `portolan edge --from DIR`: control and edge in one process, joined by a store in memory. */
import type { AdminDeps } from "../src/api/admin.ts";
import { causeOf } from "../src/core/cause.ts";
import type { CliDeps, EdgeOptions, Running } from "../src/cli/deps.ts";
import { Failure } from "../src/cli/failure.ts";
import { problemText } from "../src/cli/problem-text.ts";
import type { HealthEvent } from "../src/core/health/model.ts";
import { parsePinKeys, type PinKeys } from "../src/edge/pin.ts";
import { newTap, tapFilter } from "../src/edge/tap.ts";
import { directoryReaders, type ManifestDirectory } from "../src/kube/directory.ts";
import { type HopKeyFile, hopKeyFile, type HopKeyFileOptions } from "../src/store/hop-key-file.ts";
import { fileStore } from "../src/store/file.ts";
import { memoryStore } from "../src/store/memory.ts";
import type { Store } from "../src/store/store.ts";
import { listenerFor, openCertificates, openOriginCertificate, secretFolders } from "./certificates.ts";
import { openDatabase } from "./database.ts";
import { type DnsControl, type DnsControlDeps, startDns } from "./dns-control.ts";
import { dnsStateFolder, loadDnsSettings } from "./dns-settings.ts";
import { edgeExplain } from "./edge-explain.ts";
import { type EdgeProcesses, startProcesses } from "./edge-processes.ts";
import { filesControl, treeOf } from "./files-control.ts";
import { type Keep, startAll } from "./keep.ts";
import { refuseEmpty } from "./manifests.ts";
import { lineBuffer } from "./line-buffer.ts";
import { startAdmin } from "./node-admin.ts";
import { orderActions } from "./order-actions.ts";
import { edgeStore, startNodeEdge } from "./node-edge.ts";
import { addressOf, resourcesOf, statusOf } from "./status.ts";

export const AUDIENCE = "files";

/** Starts everything or fails with what is wrong and what to try; what was started is stopped again then. */
export async function startFilesEdge(options: EdgeOptions, deps: Pick<CliDeps, "out" | "err">): Promise<Running> {
  return await startAll((keep) => startParts(options, deps, keep));
}

async function startParts(
  options: EdgeOptions,
  deps: Pick<CliDeps, "out" | "err">,
  keep: Keep,
): Promise<Omit<Running, "close">> {
  const directory = keep(await directoryReaders(options.from));
  refuseBadStart(directory, options.from);
  refuseUnsigned(directory, options);
  let note = (_event: HealthEvent): void => undefined;
  // The orders that people give are in the store that control reads; what DNS was made of is in a folder of its own.
  const store = memoryStore();
  const log = (line: string) => deps.err(`${line}\n`);
  const dns = await openDns(options.dns, { orders: store, onEvent: (event) => note(event), log }, keep);
  const control = await filesControl(
    directory,
    store,
    { ...options, err: deps.err, audience: AUDIENCE, onResult: (result) => dns?.offer(result) },
    keep,
  );
  note = control.note;
  const edge = await (options.processes > 0 ? inProcesses : inThisProcess)(options, { directory, store, keep, deps });
  const banner = [`edge       ${edge.url}`, ...(edge.plainUrl === null ? [] : [`plain      ${edge.plainUrl}`])];
  const { reload } = edge;
  if (options.admin === null) return { banner, reload };
  const admin = keep(
    await startAdmin(options.admin, {
      metricsText: async () => `${await edge.metricsText()}${dns?.metricsText() ?? ""}`,
      notReady: edge.notReady,
      status: () => statusOf(store, control.last(), dns),
      resources: () => resourcesOf(store, control.last(), [addressOf(edge.url)]),
      events: () => Promise.resolve(control.last()?.overlay?.events ?? []),
      tap: edge.tap,
      ...(edge.explain === null ? {} : { explain: edge.explain }),
      actions: orderActions(store, control, () => dns?.status() ?? []),
    }).catch((error: unknown) => portFailure(error, "--admin", options.admin)),
  );
  return { banner: [...banner, `admin      ${admin.url}`], reload };
}

interface ServingParts {
  readonly directory: ManifestDirectory;
  readonly store: Store;
  readonly keep: Keep;
  readonly deps: Pick<CliDeps, "out" | "err">;
}

/** What serves, whether it is one process or several. */
interface ServingEdges extends Pick<EdgeProcesses, "url" | "plainUrl" | "notReady" | "reload"> {
  readonly metricsText: () => string | Promise<string>;
  readonly tap: NonNullable<AdminDeps["tap"]>;
  /** Null with several processes, each of which holds choices of its own. */
  readonly explain: NonNullable<AdminDeps["explain"]> | null;
}

async function inProcesses(options: EdgeOptions, { store, keep, deps }: ServingParts): Promise<ServingEdges> {
  const log = (line: string): void => deps.err(`${line}\n`);
  const own = { ...options, name: "edge", audience: AUDIENCE, publicKeys: null, pollIntervalMs: 100, cache: null };
  const processes = { store: edgeStore(store), bundled: null, onServed: () => undefined, log };
  const started = keep(
    await startProcesses(own, processes).catch((error: unknown) => portFailure(error, "--listen", options.listen)),
  );
  return { ...started, explain: null };
}

async function inThisProcess(
  options: EdgeOptions,
  { directory, store, keep, deps }: ServingParts,
): Promise<ServingEdges> {
  const log = (line: string): void => deps.err(`${line}\n`);
  const { hopKeys, geoip, listener } = options;
  const keys = hopKeys === null ? null : keep(await openHopKeys(hopKeys, { log }));
  const locator = geoip === null ? null : keep(await openDatabase(geoip, { onProblem: log }));
  const folders = () => secretFolders(directory, options.from);
  const certificates = listener.tls === null ? null : keep(await openCertificates(listener.tls, folders, log));
  const clientCertificate = await openOriginCertificate(options.originCertificate);
  const tap = newTap(Date.now);
  // Kept before the edge, so that it is closed behind it.
  const lines = keep(lineBuffer(deps.out));
  const { edge, url, plainUrl } = keep(
    await startNodeEdge(
      {
        ...options,
        ...listenerFor(options, certificates),
        clientCertificate,
        name: "edge",
        audience: AUDIENCE,
        pollIntervalMs: 100,
      },
      {
        store: edgeStore(store),
        verify: null,
        locator,
        pinKeys: await pinKeysOf(process.env.PORTOLAN_PIN_KEYS),
        accessLog: lines.add,
        log,
        tap,
        ...(keys === null ? {} : { sign: (request) => keys.current().sign(request, Date.now()) }),
      },
    ).catch((error: unknown) => portFailure(error, "--listen", options.listen)),
  );
  return {
    url,
    plainUrl,
    metricsText: edge.metricsText,
    notReady: edge.notReady,
    reload: async () => await certificates?.reload(),
    explain: edgeExplain(edge, locator),
    tap: (query) => tap.listen(tapFilter(query)),
  };
}

/** Zones that follow control; null without a file of settings. */
export async function openDns(
  file: string | null,
  deps: Omit<DnsControlDeps, "store">,
  keep: Keep,
): Promise<DnsControl | null> {
  if (file === null) return null;
  const settings = await loadDnsSettings(file);
  return keep(await startDns(settings, { store: fileStore(dnsStateFolder(file)), ...deps }));
}

/** A first start must be right; later a bad change is refused and what is served stays. */
export function refuseBadStart(directory: ManifestDirectory, from: string): void {
  const { config, clusters } = treeOf(directory);
  const all = [config, ...clusters];
  const errors = all.flatMap((one) => one.problems).filter((problem) => problem.severity === "error");
  const unreadable = all.flatMap((one) => (one.error === null ? [] : [one.error]));
  if (unreadable.length > 0 || errors.length > 0) {
    const text = [...unreadable, ...errors.map(problemText)].join("\n");
    throw new Failure(`Cannot start from ${from}:\n${text}`, `portolan validate -f ${from}`);
  }
  refuseEmpty(from, { config, clusters });
}

/** An edge that has to sign and cannot would be refused by every gateway. */
function refuseUnsigned(directory: ManifestDirectory, { from, hopKeys }: EdgeOptions): void {
  const signed = directory.config.observe().objects.clusters.find(({ gateway }) => gateway?.signed);
  if (signed === undefined || hopKeys !== null) return;
  const message = `Cannot start from ${from}: Cluster ${signed.meta.name} has a signed gateway, and there is no key to sign with`;
  throw new Failure(message, "--hop-keys FILE, with a line: ID BASE64");
}

/** The file of keys, or what is wrong with it; never what stands in it. */
export async function openHopKeys(path: string, options: HopKeyFileOptions): Promise<HopKeyFile> {
  try {
    return await hopKeyFile(path, options);
  } catch (cause) {
    const message = causeOf(cause);
    throw new Failure(message, `--hop-keys FILE, one "ID BASE64" a line, at least 32 bytes each, at most two`, {
      cause,
    });
  }
}

/** Keys that a fleet shares, `new:BASE64,old:BASE64`; null lets the edge make its own. */
export async function pinKeysOf(text: string | undefined): Promise<PinKeys | null> {
  if (text === undefined || text === "") return null;
  try {
    return await parsePinKeys(text);
  } catch (error) {
    const message = causeOf(error);
    throw new Failure(message, "PORTOLAN_PIN_KEYS=k1:$(openssl rand -base64 32)", { cause: error });
  }
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
  throw new Failure(`Cannot listen on ${where}: ${causeOf(error)}`, `${argument} 127.0.0.1:0`, { cause: error });
}
