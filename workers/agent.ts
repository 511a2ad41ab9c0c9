/** `portolan agent`, and where control listens for agents. Wiring only. */
import { readFile } from "node:fs/promises";
import { Failure } from "../src/cli/failure.ts";
import type { CliDeps, Running } from "../src/cli/deps.ts";
import { hostPort } from "../src/cli/arguments.ts";
import type { AgentOptions } from "../src/cli/kube-commands.ts";
import { causeOf } from "../src/core/cause.ts";
import type { ApiAccess } from "../src/kube/access/access.ts";
import { contextAccess } from "../src/kube/access/context-access.ts";
import { inClusterAccess } from "../src/kube/access/in-cluster.ts";
import { isLoopback } from "../src/kube/access/loopback.ts";
import { startAgent as start } from "../src/kube/agent/agent.ts";
import { type Agents, agents } from "../src/kube/agent/agents.ts";
import { isRecord } from "../src/kube/plain.ts";
import type { ControlSettings } from "../src/kube/schema/control.ts";
import type { Store } from "../src/store/store.ts";
import { textStore } from "../src/store/text.ts";
import { readPublicKeys, readSigningKey } from "./key-files.ts";
import { openKubeconfig } from "./kube-init.ts";
import { type RunningApi, startAgentApi } from "./node-admin.ts";

/** Three heartbeats: one that is late is not yet silence. */
const SILENCE_MS = 15_000;

/** Starts reading and sending; goes on for ever, whatever fails. */
export async function startAgent(options: AgentOptions, deps: Pick<CliDeps, "err">): Promise<Running> {
  const { cluster, to, heartbeatMs } = options;
  const url = URL.canParse(to) ? new URL(to) : null;
  if (url === null || (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname)))) {
    throw new Failure(`Cannot send to "${to}": it is not an https URL`, "--to https://control.example.org:7443");
  }
  const key = await readSigningKey(options.key);
  if (key.keyId !== cluster) {
    throw new Failure(
      `Cannot speak for ${cluster}: the key is called "${key.keyId}"`,
      `portolan keys DIR --id ${cluster}`,
    );
  }
  const ca = options.ca === null ? null : await readPem(options.ca);
  const api = await accessOf(options);
  const log = (line: string) => deps.err(`${line}\n`);
  const control: ApiAccess = { server: url.href, ...(ca === null ? {} : { ca }) };
  const agent = await start({ cluster, api, control, sign: key.sign, heartbeatMs, now: Date.now, log });
  return { banner: [`agent      of ${cluster}: ${api.server} → ${url.origin}`], close: agent.close };
}

async function accessOf({ context, kubeconfig }: AgentOptions): Promise<ApiAccess> {
  if (context === null && kubeconfig === null) {
    const own = await inClusterAccess();
    if (own !== null) return own;
    throw new Failure("Cannot read a cluster: this process runs in no pod", "--context CONTEXT");
  }
  try {
    return contextAccess(await openKubeconfig(kubeconfig), context);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure(causeOf(cause), "kubectl config get-contexts", { cause });
  }
}

async function readPem(path: string): Promise<string> {
  return await readFile(path, "utf8").catch((cause: unknown) => {
    throw new Failure(`Cannot read ${path}: ${causeOf(cause)}`, `ls -l ${path}`, { cause });
  });
}

/** The agents' side of control; null when portolan.yaml has no spec.agents. */
export async function openAgents(settings: ControlSettings, store: Store): Promise<Agents | null> {
  if (settings.agents === null) return null;
  const text = textStore(store);
  const keyOf = (cluster: string) => `control/agents/${cluster}`;
  return agents({
    verify: await readPublicKeys(settings.agents.publicKeys),
    async recall(cluster) {
      const value: unknown = JSON.parse((await text.get(keyOf(cluster))) ?? "null");
      if (!isRecord(value)) return null;
      const { epoch, counter } = value;
      return typeof epoch === "number" && typeof counter === "number" ? { epoch, counter } : null;
    },
    remember: async (cluster, sequence) => void (await text.put(keyOf(cluster), JSON.stringify(sequence), "any")),
    claimClassless: settings.claimClassless,
    silenceMs: SILENCE_MS,
    now: Date.now,
  });
}

/** Listens for agents, with TLS unless it is for this machine alone. */
export async function serveAgents(
  settings: NonNullable<ControlSettings["agents"]>,
  known: Agents,
): Promise<RunningApi> {
  const listen = hostPort("spec.agents.listen", settings.listen);
  const { tlsCert, tlsKey } = settings;
  if ((tlsCert === null || tlsKey === null) && !isLoopback(listen.host)) {
    throw new Failure(
      `Cannot listen for agents on ${settings.listen}: there is no certificate`,
      "spec.agents.tlsCert and tlsKey",
    );
  }
  const tls = tlsCert === null || tlsKey === null ? null : { cert: await readPem(tlsCert), key: await readPem(tlsKey) };
  return await startAgentApi(listen, tls, { receive: known.receive });
}
