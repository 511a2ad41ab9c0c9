/** `portolan gateway`: the engine inside a cluster, between edges that sign and pods. Wiring only. */
import type { CliDeps, GatewayOptions, HostPort, Running } from "../src/cli/deps.ts";
import { Failure } from "../src/cli/failure.ts";
import { problemText } from "../src/cli/problem-text.ts";
import { parseCidrs } from "../src/core/address/cidr.ts";
import { podTable } from "../src/core/gateway/pod-table.ts";
import { createGateway, type Gateway } from "../src/edge/gateway/gateway.ts";
import { nodeNames, SYSTEM_NAMES } from "../src/edge/node/names.ts";
import { type Engine, http1Engine } from "../src/edge/http1/engine.ts";
import { serveHttp1 } from "../src/edge/http1/server.ts";
import { inClusterAccess } from "../src/kube/access/in-cluster.ts";
import { apiReader, type ApiReaderAccess } from "../src/kube/api-reader.ts";
import { MEMBER_RESOURCES } from "../src/kube/resources.ts";
import { directoryReaders } from "../src/kube/directory.ts";
import type { ObjectReader } from "../src/kube/reader.ts";
import { openCertificates } from "./certificates.ts";
import { changedProblems } from "./files-control.ts";
import { openHopKeys, portFailure } from "./files-edge.ts";
import { lineBuffer } from "./line-buffer.ts";
import { startAdmin } from "./node-admin.ts";

export interface RunningGateway extends Running {
  readonly url: string;
  /** Null without an admin listener. */
  readonly adminUrl: string | null;
  readonly gateway: Gateway;
}

/** Starts everything or fails with what is wrong and what to try. */
export async function startGateway(
  options: GatewayOptions,
  deps: Pick<CliDeps, "out" | "err">,
): Promise<RunningGateway> {
  const log = (line: string): void => deps.err(`${line}\n`);
  const keys = await openHopKeys(options.hopKeys, { log });
  const source = await openSource(options.from);
  const lines = lineBuffer(deps.out);
  const gateway = createGateway({
    name: "gateway",
    zone: options.zone,
    mac: (keyId, facts) => keys.current().mac(keyId, facts),
    now: Date.now,
    random: Math.random,
    accessLog: lines.add,
    log,
  });
  follow(source.reader, gateway, { ...options, err: deps.err });
  let draining = false;
  const notReady = (): string | null => {
    if (draining) return "it drains";
    return source.reader.observe().complete ? null : "Services and EndpointSlices have not been read yet";
  };
  const { allowPrivateOrigins } = options;
  const { tls, limits, connectMs, drainMs, proxyProtocolFrom } = options.listener;
  const dial = { allowPrivateOrigins, connectTimeoutMs: connectMs, clientCertificate: null };
  const base = http1Engine(gateway.rules, {
    ...dial,
    names: nodeNames(SYSTEM_NAMES),
    httpsPort: null,
    sign: null,
    limits,
  });
  const engine: Engine = { ...base, front: gateway.front((origin) => base.pool.load(origin).requests) };
  const certificates = tls === null ? null : await openCertificates(tls, () => [], log);
  const opened = [() => source.close(), () => Promise.resolve(keys.close()), () => certificates?.close()];
  const abandon = async (error: unknown, flag: string, listen: HostPort | null): Promise<never> => {
    for (const close of opened) await close();
    return portFailure(error, flag, listen);
  };
  const server = await serveHttp1(
    {
      ...options.listen,
      certificates: certificates?.table ?? null,
      proxyProtocolFrom: parseCidrs(proxyProtocolFrom).cidrs,
      drainMs,
      idleGraceMs: 0,
    },
    engine,
  ).catch((error: unknown) => abandon(error, "--listen", options.listen));
  opened.unshift(server.close);
  const adminDeps = {
    metricsText: gateway.metricsText,
    notReady,
    status: () => Promise.resolve(statusOf(gateway, source.reader)),
    actions: new Map(),
  };
  const admin =
    options.admin === null
      ? null
      : await startAdmin(options.admin, adminDeps).catch((error: unknown) => abandon(error, "--admin", options.admin));
  const { address, port, family } = server.address;
  const url = `${certificates === null ? "http" : "https"}://${family === "IPv6" ? `[${address}]` : address}:${port}`;
  return {
    url,
    adminUrl: admin?.url ?? null,
    gateway,
    banner: [`gateway    ${url}`, ...(admin === null ? [] : [`admin      ${admin.url}`])],
    async close() {
      // Whoever asks learns that it goes before it goes: load balancers look at readiness, edges at Connection: close.
      draining = true;
      server.drain();
      await new Promise((resolve) => setTimeout(resolve, options.drainDelayMs));
      await server.close();
      engine.pool.close();
      await admin?.close();
      await source.close();
      keys.close();
      certificates?.close();
      lines.close();
    },
  };
}

interface Source {
  readonly reader: ObjectReader;
  close(): Promise<void>;
}

async function openSource(from: GatewayOptions["from"]): Promise<Source> {
  if ("kubeApi" in from) {
    // Only what `docs/gateway.md` asks to be allowed.
    const resources = MEMBER_RESOURCES.filter(({ optional }) => optional !== true);
    const reader = apiReader(await apiAccess(from.kubeApi), { livenessIntervalMs: 10_000, resources });
    await reader.start();
    return { reader, close: reader.close };
  }
  const { config, close } = await directoryReaders(from.directory);
  const { error, problems } = config.observe();
  const errors = problems.filter(({ severity }) => severity === "error");
  if (error === null && errors.length === 0) return { reader: config, close };
  await close();
  const text = errors.map(problemText).join("\n") || (error ?? "");
  throw new Failure(`Cannot start from ${from.directory}:\n${text}`, `portolan validate -f ${from.directory}`);
}

/** With the pod's own service account where there is one. */
async function apiAccess(server: string): Promise<ApiReaderAccess> {
  return { cluster: "local", ...((await inClusterAccess({ server })) ?? { server }) };
}

/** The pods of each change, and what is wrong with the objects when that changes. */
function follow(
  reader: ObjectReader,
  gateway: Gateway,
  options: Pick<GatewayOptions, "allowPrivateOrigins"> & Pick<CliDeps, "err">,
): void {
  const sayOnce = changedProblems(options.err);
  const take = (): void => {
    const { objects, problems } = reader.observe();
    const made = podTable(objects, options.allowPrivateOrigins);
    gateway.usePods(made.table);
    sayOnce([...problems, ...made.problems]);
  };
  take();
  reader.onChange(take);
}

function statusOf(gateway: Gateway, reader: ObjectReader): object {
  const { reachable, error, observedAtMs } = reader.observe();
  const backends = [...gateway.pods()].map(([backend, pods]) => ({
    backend,
    pods: pods.map(({ origin, zone }) => ({ address: `${origin.connectHost}:${origin.port}`, zone })),
  }));
  return { source: { reachable, error, observedAtMs }, backends };
}
