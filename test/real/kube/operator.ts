/** A person at a terminal: a folder with portolan.yaml, and the command line, against real clusters. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ApiClient } from "../../../src/kube/api-client.ts";
import { type CliResult, runCli } from "../../build/run-cli.ts";
import { eventually } from "../../scenarios/until.ts";
import type { RealClusters } from "./clusters.ts";

export interface Operator {
  readonly folder: string;
  readonly file: (name: string) => string;
  /** Runs a command of ours; rejects when it fails. */
  run(...args: readonly string[]): Promise<CliResult>;
  /** The same, with the flags that name portolan.yaml and the kubeconfig. */
  runHere(...args: readonly string[]): Promise<CliResult>;
  close(): Promise<void>;
}

export async function operator(world: RealClusters): Promise<Operator> {
  const folder = await mkdtemp(join(tmpdir(), "portolan-operator-"));
  const file = (name: string) => join(folder, name);
  const run = async (...args: readonly string[]) => {
    const result = await runCli(...args);
    if (result.code !== 0)
      throw new Error(`portolan ${args.join(" ")} ended with ${result.code}: ${result.err}${result.out}`);
    return result;
  };
  return {
    folder,
    file,
    run,
    runHere: (...args) => run(...args, "--config", file("portolan.yaml"), "--kubeconfig", world.kubeconfig),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A portolan.yaml for clusters on this machine. */
export async function writeControl(person: Operator, more: string): Promise<void> {
  const text = `apiVersion: portolan.dev/v1alpha1
kind: Control
metadata: { name: test }
spec:
  kubeconfig: [.portolan/clusters.kubeconfig]
  store: { file: .portolan/state }
  signingKey: .portolan/signing.jwk
  admin: 127.0.0.1:0
  allowPrivateOrigins: true
${more}`;
  await writeFile(person.file("portolan.yaml"), text);
}

const KINDS = [
  "/api/v1/namespaces",
  "/api/v1/serviceaccounts",
  "/api/v1/secrets",
  "/api/v1/configmaps",
  "/api/v1/services",
  "/apis/discovery.k8s.io/v1/endpointslices",
  "/apis/networking.k8s.io/v1/ingresses",
  "/apis/networking.k8s.io/v1/ingressclasses",
  "/apis/rbac.authorization.k8s.io/v1/clusterroles",
  "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
  "/apis/rbac.authorization.k8s.io/v1/roles",
  "/apis/rbac.authorization.k8s.io/v1/rolebindings",
  "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
];

/** Every object of a cluster that anybody could have touched, by path and name, byte for byte. */
export async function everything(client: ApiClient): Promise<Readonly<Record<string, string>>> {
  const all: [string, string][] = [];
  for (const path of KINDS) {
    const found = await client.list(path);
    if (!found.ok) throw new Error(`Cannot list ${path}: ${found.cause}`);
    for (const item of found.items) {
      const { namespace = "", name } = item["metadata"] as { namespace?: string; name: string };
      all.push([`${path} ${namespace}/${name}`, JSON.stringify(item)]);
    }
  }
  return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const CALM_MS = 2_000;

/** The same, once the controllers of a new cluster have made what they make by themselves. */
export async function everythingSettled(client: ApiClient): Promise<Readonly<Record<string, string>>> {
  let last = await everything(client);
  let sinceMs = Date.now();
  return await eventually(
    async () => {
      const now = await everything(client);
      if (JSON.stringify(now) !== JSON.stringify(last)) sinceMs = Date.now();
      last = now;
      return now;
    },
    () => Date.now() - sinceMs >= CALM_MS,
    60_000,
  );
}

/** Names of what differs between two states; short enough to be read. */
export function differences(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly string[] {
  const added = Object.keys(after).flatMap((key) => (key in before ? [] : [`+ ${key}`]));
  const removed = Object.keys(before).flatMap((key) => (key in after ? [] : [`- ${key}`]));
  const changed = Object.keys(after).flatMap((key) =>
    key in before && before[key] !== after[key] ? [`~ ${key}: ${before[key]} → ${after[key]}`] : [],
  );
  return [...added, ...removed, ...changed];
}
