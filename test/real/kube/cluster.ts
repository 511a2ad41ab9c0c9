/** One real cluster without nodes: etcd, kube-apiserver and kube-controller-manager in a network namespace. */
import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { bearer } from "../../../src/kube/access/credential.ts";
import type { ApiAccess } from "../../../src/kube/access/access.ts";
import { type ApiClient, apiClient } from "../../../src/kube/api-client.ts";
import type { Authority } from "../../kube/access/authority.ts";
import type { Link, Namespace } from "./network.ts";
import { type RunningProcess, start } from "./process.ts";

export interface RealCluster {
  readonly name: string;
  readonly server: string;
  readonly token: string;
  /** As a member of `system:masters`. */
  readonly access: ApiAccess;
  readonly client: ApiClient;
  readonly network: Namespace;
  /** The way to the API server alone. */
  readonly api: Link;
  /** The way to the backends alone. */
  readonly data: Link;
  /** Ends the API server without a word; etcd and what it holds stay. */
  killApi(): Promise<void>;
  /** Starts it again at the same address; its watch cache begins empty. */
  startApi(): Promise<void>;
  /** Forgets every version but the newest, while the API server is down: a watch of before cannot go on. */
  compact(): Promise<void>;
  /** Begins with an empty etcd, while the API server is down: versions count from 1 again. */
  wipe(): Promise<void>;
  close(): Promise<void>;
}

export interface ClusterOptions {
  readonly name: string;
  /** Folder of the programs. */
  readonly programs: string;
  /** Folder of this cluster's files. */
  readonly folder: string;
  readonly authority: Authority;
  readonly network: Namespace;
  /** Addresses for backends. */
  readonly backends: number;
}

const CONTROLLERS =
  "endpointslice-controller,endpointslice-mirroring-controller,namespace-controller,serviceaccount-controller,garbage-collector-controller";

/** Starts it; resolves when its API is ready. */
export async function startCluster(options: ClusterOptions): Promise<RealCluster> {
  const { name, programs, folder, authority, network } = options;
  await mkdir(folder, { recursive: true });
  const [api, data] = [await network.link(1), await network.link(options.backends)];
  const [address = ""] = api.addresses;
  const server = `https://${address}:6443`;
  const token = `admin-of-${name}`;
  const file = (path: string) => join(folder, path);
  const serving = authority.issue("/CN=kube-apiserver", [`IP:${address}`, "IP:127.0.0.1"]);
  const controller = authority.issue("/O=system:masters/CN=controllers", []);
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await Promise.all([
    writeFile(file("ca.pem"), authority.cert),
    writeFile(file("api.pem"), serving.cert),
    writeFile(file("api.key"), serving.key),
    writeFile(file("sa.key"), privateKey.export({ type: "pkcs1", format: "pem" })),
    writeFile(file("tokens"), `${token},admin,admin,"system:masters"\n`),
    writeFile(file("controllers.json"), JSON.stringify(controllerConfig(authority.cert, controller))),
  ]);
  const inside = (command: string, args: readonly string[]) => start(...network.inside(join(programs, command), args));

  const startEtcd = () =>
    inside("etcd", [
      `--data-dir=${file("etcd")}`,
      "--unsafe-no-fsync",
      "--listen-client-urls=http://127.0.0.1:2379",
      "--advertise-client-urls=http://127.0.0.1:2379",
      "--listen-peer-urls=http://127.0.0.1:2380",
      "--log-level=error",
    ]);
  let etcd = await startEtcd();
  const access: ApiAccess = { server, ca: authority.cert, credentials: () => bearer(token, "the admin's token") };
  const client = apiClient(access, { fieldManager: "test", timeoutMs: 20_000 });
  let apiServer: RunningProcess | null = null;

  async function startApi(): Promise<void> {
    apiServer = await inside("kube-apiserver", [
      "--etcd-servers=http://127.0.0.1:2379",
      `--bind-address=0.0.0.0`,
      "--secure-port=6443",
      `--advertise-address=${address}`,
      `--tls-cert-file=${file("api.pem")}`,
      `--tls-private-key-file=${file("api.key")}`,
      `--client-ca-file=${file("ca.pem")}`,
      `--token-auth-file=${file("tokens")}`,
      "--authorization-mode=Node,RBAC",
      `--service-account-key-file=${file("sa.key")}`,
      `--service-account-signing-key-file=${file("sa.key")}`,
      `--service-account-issuer=${server}`,
      "--service-cluster-ip-range=10.96.0.0/16",
      "--endpoint-reconciler-type=none",
      "--disable-admission-plugins=ServiceAccount",
      "--profiling=false",
    ]);
    await ready(client, apiServer);
  }

  await startApi();
  const controllers = await inside("kube-controller-manager", [
    `--kubeconfig=${file("controllers.json")}`,
    "--leader-elect=false",
    `--controllers=${CONTROLLERS}`,
    "--concurrent-service-endpoint-syncs=20",
    "--kube-api-qps=200",
    "--kube-api-burst=400",
    "--bind-address=127.0.0.1",
  ]);
  return {
    name,
    server,
    token,
    access,
    client,
    network,
    api,
    data,
    startApi,
    killApi: async () => apiServer?.kill(),
    async compact() {
      const ask = async (path: string, body: object): Promise<Record<string, Record<string, string>>> => {
        const args = ["-s", "-X", "POST", "-d", JSON.stringify(body), `http://127.0.0.1:2379/v3/${path}`];
        return JSON.parse((await promisify(execFile)(...network.inside("curl", args))).stdout);
      };
      const { header } = await ask("kv/range", { key: "AA==" });
      await ask("kv/compaction", { revision: header?.["revision"], physical: true });
    },
    async wipe() {
      await etcd.kill();
      await rm(file("etcd"), { recursive: true });
      etcd = await startEtcd();
    },
    async close() {
      await client.close();
      await Promise.all([controllers.kill(), apiServer?.kill()]);
      await etcd.kill();
      await network.remove();
    },
  };
}

async function ready(client: ApiClient, server: RunningProcess): Promise<void> {
  const untilMs = Date.now() + 60_000;
  for (;;) {
    // `/readyz` answers text, which is "no object" and status null; a namespace says that storage works, too.
    const answer = await client.get("/api/v1/namespaces/default");
    if (answer.ok) return;
    const ended = server.ended();
    if (ended !== null) throw new Error(`Cannot start the API server: ${ended}`);
    if (Date.now() > untilMs) throw new Error(`Cannot start the API server: ${answer.cause}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function controllerConfig(ca: string, pair: { readonly cert: string; readonly key: string }): object {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "c",
    clusters: [{ name: "k", cluster: { server: "https://127.0.0.1:6443", "certificate-authority-data": base64(ca) } }],
    users: [{ name: "u", user: { "client-certificate-data": base64(pair.cert), "client-key-data": base64(pair.key) } }],
    contexts: [{ name: "c", context: { cluster: "k", user: "u" } }],
  };
}
