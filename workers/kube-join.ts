/** `portolan join`: preflight, objects, token, credentials, Cluster. */
import { setTimeout as wait } from "node:timers/promises";
import { Failure } from "../src/cli/failure.ts";
import type { JoinOptions } from "../src/cli/kube-commands.ts";
import { commentedYaml } from "../src/core/join/commented-yaml.ts";
import { readContextName } from "../src/core/join/cluster-name.ts";
import { guessGateway } from "../src/core/join/gateway-guess.ts";
import { clusterLines, type InitCluster } from "../src/core/join/init-file.ts";
import { guessLocation } from "../src/core/join/location.ts";
import { joinObjects, NAMESPACE } from "../src/core/join/objects.ts";
import type { Kubeconfig } from "../src/kube/access/kubeconfig.ts";
import type { ApiClient } from "../src/kube/api-client.ts";
import type { ControlPlace } from "../src/kube/join/config-source.ts";
import { firstToken, makeObjects, type PreparedJoin, prepareJoin } from "../src/kube/join/join.ts";
import { joinedClusters, KUBECONFIG } from "../src/kube/join/joined.ts";
import { renewalDueMs, tokenTimes } from "../src/kube/join/token.ts";
import { isRecord } from "../src/kube/plain.ts";
import { dnsLabel } from "../src/kube/schema/names.ts";
import { yamlText } from "../src/kube/yaml-text.ts";
import { openClient, openPlace, writeCluster } from "./kube-config.ts";
import { openKubeconfig } from "./kube-init.ts";

const MARKS = { ok: "[ok]  ", warn: "[warn]", fail: "[fail]" };

/** Joins; again it changes nothing. `say` is told everything before it happens. */
export async function join(options: JoinOptions, say: (line: string) => void): Promise<void> {
  const kubeconfig = await openKubeconfig(options.kubeconfig);
  const place = await openPlace(options.config, options.kubeconfig);
  const name = chooseName(place, options);
  const client = openClient(kubeconfig, options.context);
  try {
    const { writeBack } = options;
    const tlsSecrets = options.tlsSecrets ? { claimClassless: place.claimClassless } : null;
    const prepared = await prepareJoin(client, { cluster: name, writeBack, tlsSecrets, now: Date.now });
    const cluster = describe(name, options.context, prepared);
    if (options.dryRun) {
      say(yamlText(toPrint(name, options, prepared)).trimEnd());
      if (!isConfigured(place, name)) say(`---\n${commentedYaml(clusterLines(cluster)).trimEnd()}`);
      return;
    }
    const joined = joinedClusters(place.folder);
    const before = (await joined.list()).find((one) => one.name === name);
    judge(prepared, before?.uid ?? null, say);
    await make(client, prepared, say);
    const access = kubeconfigCluster(kubeconfig, options.context);
    const uid = prepared.facts?.uid ?? null;
    const entry = { name, context: options.context, access, uid, writeBack };
    if (JSON.stringify(before) !== JSON.stringify(entry)) await joined.put(entry);
    say(await keepToken(client, joined, name, options));
    say(`credentials  context ${options.context} in ${KUBECONFIG}, beside ${options.config}`);
    if (isConfigured(place, name)) say(`Cluster      ${name} is in ${fileOf(place, name)} already`);
    else say(`Cluster      ${name} in ${await writeCluster(place, cluster, kubeconfig)}: ${placeText(cluster)}`);
    say(`${name} is joined; next: portolan get clusters`);
  } finally {
    await client.close();
  }
}

/** The Cluster that names the context, else `--name`, else what the context is called. */
function chooseName(place: ControlPlace, { context, name }: JoinOptions): string {
  const known = place.clusters.find((one) => one.context === context);
  const chosen = name ?? known?.name ?? readContextName(context).cluster;
  const wrong = dnsLabel(chosen);
  if (wrong !== null) throw new Failure(`Cannot call the cluster "${chosen}": ${wrong}`, "--name us-east1");
  if (known !== undefined && known.name !== chosen) {
    throw new Failure(
      `Cannot join ${context} as ${chosen}: Cluster ${known.name} in ${known.file} has that context`,
      `portolan join ${context}`,
    );
  }
  const other = place.clusters.find((one) => one.name === chosen);
  if (other !== undefined && other.context !== context) {
    const whose = other.context === null ? "has no access.context" : `is for the context ${other.context}`;
    throw new Failure(
      `Cannot join ${context} as ${chosen}: Cluster ${chosen} in ${other.file} ${whose}`,
      `--name ${chosen}-2, or access: {context: ${context}} there`,
    );
  }
  return chosen;
}

function judge({ checks, facts, objects }: PreparedJoin, knownUid: string | null, say: (line: string) => void): void {
  say("preflight");
  for (const { what, result, found } of checks) say(`  ${MARKS[result]} ${what.padEnd(8)} ${found}`);
  const failed = checks.filter(({ result }) => result === "fail");
  if (failed.length > 0) {
    const why = failed.map(({ what, found }) => `${what}: ${found}`).join("; ");
    throw new Failure(`Cannot join: ${why}`, nextOf(failed[0]?.what ?? ""));
  }
  if (knownUid !== null && facts !== null && facts.uid !== null && facts.uid !== knownUid) {
    throw new Failure(
      "Cannot join: the context is another cluster now than the one that was joined",
      "portolan unjoin NAME --lost, then join again",
    );
  }
  say("in the cluster");
  for (const { object, action, path } of objects)
    say(
      `  ${action.padEnd(6)} ${String(object["kind"])} ${shortName(path)}${action === "remove" ? "" : rulesText(object)}`,
    );
}

/** Everything as it should be; of a cluster that does not answer what can be said without it. */
function toPrint(name: string, { writeBack }: JoinOptions, { objects }: PreparedJoin): readonly object[] {
  const wanted = objects.filter(({ action }) => action !== "remove");
  return (wanted.length > 0 ? wanted : joinObjects(name, writeBack)).map(({ object }) => object);
}

/** With the namespace where it is not our own. */
function shortName(path: string): string {
  const [, namespace = NAMESPACE] = /\/namespaces\/([^/]+)\/[^/]+\//.exec(path) ?? [];
  const name = path.split("/").at(-1) ?? "";
  return namespace === NAMESPACE ? name : `${namespace}/${name}`;
}

function nextOf(what: string): string {
  if (what === "rights") return "kubectl auth whoami, then a context that may administer the cluster";
  if (what === "clock") return "set the clocks of both machines by NTP, then join again";
  if (what === "names") return "--name OTHER, or remove those objects when nobody needs them";
  return "kubectl --context CONTEXT get --raw /readyz";
}

function rulesText(object: Readonly<Record<string, unknown>>): string {
  const rules: readonly unknown[] = Array.isArray(object["rules"]) ? object["rules"] : [];
  const texts = rules.map((rule) => {
    const names = listOf(rule, "resourceNames");
    const whose = names === "" ? "" : ` of ${names}`;
    return `${listOf(rule, "verbs")} ${listOf(rule, "resources")}${whose}`;
  });
  return texts.length === 0 ? "" : `: ${texts.join("; ")}`;
}

function listOf(rule: unknown, name: string): string {
  const list: unknown = isRecord(rule) ? rule[name] : undefined;
  return Array.isArray(list) ? list.join(", ") : "";
}

async function make(client: ApiClient, prepared: PreparedJoin, say: (line: string) => void): Promise<void> {
  if (prepared.objects.every(({ action }) => action === "keep")) return say("  nothing to do");
  const failed = await makeObjects(client, prepared.objects);
  if (failed === null) return;
  const { path, failure } = failed;
  throw new Failure(
    `Cannot make ${path}: ${failure.message ?? failure.cause}`,
    "portolan join again, which goes on where this ended",
  );
}

/** A token that has lived for less than half of its life stays, unless it is to be renewed. */
async function keepToken(
  client: ApiClient,
  joined: ReturnType<typeof joinedClusters>,
  name: string,
  { renew, tokenSeconds }: JoinOptions,
): Promise<string> {
  const old = await joined.token(name);
  const times = old === null ? null : tokenTimes(old);
  if (!renew && times !== null && renewalDueMs(times) > Date.now())
    return `token        kept, it expires ${stamp(times.expiresAtMs)}`;
  const token = await firstToken(client, tokenSeconds, (ms) => wait(ms));
  if (!token.ok) throw new Failure(`Cannot get a token: ${token.message ?? token.cause}`, "portolan join again");
  await joined.putToken(name, token.token);
  return `token        expires ${stamp(token.expiresAtMs)}; portolan control renews it from ${stamp(renewalDueMs(token))} on`;
}

function describe(name: string, context: string, { facts, checks }: PreparedJoin): InitCluster {
  const gateway = facts === null ? { gateway: null, note: "the cluster was not asked" } : guessGateway(facts.services);
  const unreachable = facts === null ? (checks[0]?.found ?? "") : null;
  const location = guessLocation(facts?.nodes ?? [], readContextName(context));
  return { name, context, location, gateway, unreachable, version: facts?.version ?? null };
}

function placeText({ location: { provider, region, doubts } }: InitCluster): string {
  const found = [provider, region].flatMap((guess) => (guess === null ? [] : [`${guess.value} (${guess.reason})`]));
  return [...found, ...doubts].join(", ");
}

/** How to get there, without anybody's credentials. */
function kubeconfigCluster(kubeconfig: Kubeconfig, context: string): Readonly<Record<string, unknown>> {
  const known = kubeconfig.contexts.find((one) => one.name === context);
  const entry = kubeconfig.find("clusters", known?.cluster ?? "");
  if (entry === null) throw new Failure(`Cannot find the cluster of the context "${context}"`, "kubectl config view");
  const { value } = entry;
  const kept = ["server", "certificate-authority", "certificate-authority-data", "tls-server-name", "proxy-url"];
  return Object.fromEntries(
    kept.flatMap((field) => (value[field] === undefined ? [] : [[field, absolute(field, value[field], entry.folder)]])),
  );
}

function absolute(field: string, value: unknown, folder: string): unknown {
  if (field !== "certificate-authority" || typeof value !== "string" || value.startsWith("/")) return value;
  return `${folder}/${value}`;
}

function isConfigured(place: ControlPlace, name: string): boolean {
  return place.clusters.some((one) => one.name === name);
}

function fileOf(place: ControlPlace, name: string): string {
  return place.clusters.find((one) => one.name === name)?.file ?? "";
}

function stamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, "");
}
