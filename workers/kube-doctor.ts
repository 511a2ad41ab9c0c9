/** `portolan doctor`, as far as it goes without control: the file, the manifests, each cluster with control's credentials. */
import { createConnection } from "node:net";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { problemText } from "../src/cli/problem-text.ts";
import type { Check, Examined } from "../src/cli/kube-commands.ts";
import { causeOf } from "../src/core/cause.ts";
import { CONTROLLER } from "../src/core/compile/ingress.ts";
import { companionIngresses, seenHostOf } from "../src/core/join/companion.ts";
import type { ClusterObject, IngressObject } from "../src/core/objects.ts";
import { contextAccess } from "../src/kube/access/context-access.ts";
import { loadKubeconfig } from "../src/kube/access/kubeconfig.ts";
import { type ApiClient, apiClient } from "../src/kube/api-client.ts";
import { readControlFile } from "../src/kube/control-file.ts";
import { textAt } from "../src/kube/join/facts.ts";
import { joinedClusters, KUBECONFIG } from "../src/kube/join/joined.ts";
import { checkRights, READER_RIGHTS } from "../src/kube/join/preflight.ts";
import { renewalDueMs, tokenTimes } from "../src/kube/join/token.ts";
import { readControlPlace } from "../src/kube/join/config-source.ts";
import type { ControlSettings } from "../src/kube/schema/control.ts";
import { readIngress } from "../src/kube/schema/ingress.ts";
import { yamlText } from "../src/kube/yaml-text.ts";
import { edgeKeyChecks, tlsSecretChecks } from "./kube-doctor-tls.ts";
import { loadTree, validate } from "./manifests.ts";

const TIMEOUT_MS = 5000;

/** Checks in the order in which one needs the one before; a file that cannot be read ends them. */
export async function examine(config: string): Promise<Examined> {
  const file = await readControlFile(config);
  if (!file.ok) {
    const found = [file.message, ...file.problems.map(problemText)].join("; ");
    return { checks: [check("portolan.yaml", "fail", found, "portolan init, or docs/control.md")], admin: null };
  }
  const { settings } = file;
  const checks = [check("portolan.yaml", "ok", config)];
  checks.push(
    await access(settings.signingKey).then(
      () => check("signing key", "ok", settings.signingKey),
      () => check("signing key", "fail", `there is no ${settings.signingKey}`, "portolan keys .portolan"),
    ),
  );
  checks.push(...(await edgeKeyChecks(settings)));
  if (typeof settings.config === "string" || "context" in settings.config) {
    checks.push(
      check("manifests", "warn", "the config source is a cluster, which is not read here", "portolan status"),
    );
    return { checks, admin: settings.admin };
  }
  const { directory } = settings.config;
  checks.push(await manifests(directory, settings.allowPrivateOrigins));
  const { folder } = await readControlPlace(config);
  const tree = await loadTree(directory).catch(() => null);
  const federated = tree?.config.objects.ingresses ?? [];
  for (const cluster of tree?.config.objects.clusters ?? [])
    checks.push(...(await clusterChecks({ folder, settings }, cluster, federated)));
  if ((tree?.config.objects.clusters ?? []).length === 0) {
    checks.push(check("clusters", "fail", `no Cluster object is in ${directory}`, "portolan join CONTEXT"));
  }
  return { checks, admin: settings.admin };
}

function check(what: string, result: Check["result"], found: string, next = "", attachment = ""): Check {
  return { what, result, found, next, attachment };
}

async function manifests(directory: string, allowPrivateOrigins: boolean): Promise<Check> {
  try {
    const problems = await validate(directory, allowPrivateOrigins);
    const errors = problems.filter(({ severity }) => severity === "error");
    const [first] = errors;
    if (first === undefined) return check("manifests", "ok", `${directory}, ${problems.length} warnings`);
    return check(
      "manifests",
      "fail",
      `${errors.length} errors, the first: ${problemText(first)}`,
      `portolan validate -f ${directory}`,
    );
  } catch (cause) {
    return check("manifests", "fail", causeOf(cause), `portolan validate -f ${directory}`);
  }
}

async function clusterChecks(
  { folder, settings }: { readonly folder: string; readonly settings: ControlSettings },
  cluster: ClusterObject,
  federated: readonly IngressObject[],
): Promise<readonly Check[]> {
  const { name } = cluster.meta;
  const what = (part: string) => `cluster ${name}: ${part}`;
  const checks: Check[] = [];
  const isPlaced = cluster.location !== null || (cluster.provider !== null && cluster.region !== null);
  checks.push(
    isPlaced
      ? check(what("place"), "ok", [cluster.provider, cluster.region].filter((part) => part !== null).join("/"))
      : check(
          what("place"),
          "warn",
          "nobody knows where it is, so it comes last by distance",
          "spec.region or spec.location of the Cluster",
        ),
  );
  if (cluster.gateway !== null) checks.push(await gatewayCheck(what("gateway"), cluster.gateway));
  const joined = (await joinedClusters(folder).list()).find((one) => one.name === name);
  if (joined === undefined) {
    const context = cluster.access !== null && typeof cluster.access === "object" ? cluster.access.context : "CONTEXT";
    checks.push(
      check(
        what("credentials"),
        "warn",
        "it was not joined; control uses what its own kubeconfig says",
        `portolan join ${context}`,
      ),
    );
    return checks;
  }
  checks.push(tokenCheck(what("token"), await joinedClusters(folder).token(name), joined.context));
  const client = await openAsControl(folder, joined.context);
  try {
    const version = await client.get("/version");
    if (!version.ok) {
      checks.push(
        check(
          what("API"),
          "fail",
          version.cause,
          `kubectl --kubeconfig ${KUBECONFIG} --context ${joined.context} get --raw /version`,
        ),
      );
      return checks;
    }
    checks.push(check(what("API"), "ok", textAt(version.object, "gitVersion") ?? "reachable"));
    const rights = await checkRights(client, READER_RIGHTS);
    checks.push(
      check(
        what("rights"),
        rights.result,
        rights.found,
        rights.result === "ok" ? "" : `portolan join ${joined.context}`,
      ),
    );
    checks.push(...(await tlsSecretChecks(what("TLS"), client, { settings, context: joined.context })));
    checks.push(...(await companionChecks(what("companion"), client, cluster, federated)));
  } finally {
    await client.close();
  }
  return checks;
}

function tokenCheck(what: string, token: string | null, context: string): Check {
  const times = token === null ? null : tokenTimes(token);
  const renew = `portolan join ${context} --renew`;
  if (times === null) return check(what, "fail", "there is none", renew);
  const until = new Date(times.expiresAtMs).toISOString().replace(/\.\d+/, "");
  if (Date.now() >= times.expiresAtMs) return check(what, "fail", `it expired ${until}`, renew);
  const isLate = Date.now() > renewalDueMs(times) + 60_000;
  return check(
    what,
    isLate ? "warn" : "ok",
    `until ${until}${isLate ? ", and nobody has renewed it" : ""}`,
    isLate ? "portolan control, which renews it" : "",
  );
}

async function openAsControl(folder: string, context: string): Promise<ApiClient> {
  const kubeconfig = await loadKubeconfig({ path: join(folder, KUBECONFIG) });
  return apiClient(contextAccess(kubeconfig, context), { timeoutMs: TIMEOUT_MS });
}

async function gatewayCheck(
  what: string,
  { connectHost, port }: NonNullable<ClusterObject["gateway"]>,
): Promise<Check> {
  const where = `${connectHost}:${port}`;
  const cause = await new Promise<string | null>((resolve) => {
    const socket = createConnection({ host: connectHost, port, timeout: TIMEOUT_MS });
    const end = (found: string | null) => {
      socket.destroy();
      resolve(found);
    };
    socket.once("connect", () => end(null));
    socket.once("timeout", () => end("no answer in time"));
    socket.once("error", (error) => end(error.message));
  });
  if (cause === null) return check(what, "ok", `${where} takes connections`);
  // Edges may reach what this machine cannot.
  return check(what, "warn", `${where}, from this machine: ${cause}`, `curl -v telnet://${where}`);
}

/** What the cluster's own controller must know, where it does not see the users' Host. */
async function companionChecks(
  what: string,
  client: ApiClient,
  { gateway }: ClusterObject,
  federated: readonly IngressObject[],
): Promise<readonly Check[]> {
  const seen = gateway === null ? null : seenHostOf(gateway);
  if (seen === null) return [];
  const [listed, classes] = await Promise.all([
    client.list("/apis/networking.k8s.io/v1/ingresses"),
    client.list("/apis/networking.k8s.io/v1/ingressclasses"),
  ]);
  if (!listed.ok || !classes.ok) return [check(what, "warn", "its Ingresses cannot be read")];
  const ours = classes.items
    .filter((item) => textAt(item, "spec", "controller") === CONTROLLER)
    .map((item) => textAt(item, "metadata", "name"));
  const others = classes.items.flatMap((item) =>
    textAt(item, "spec", "controller") === CONTROLLER ? [] : (textAt(item, "metadata", "name") ?? []),
  );
  const live = listed.items.flatMap((item) => {
    const object = readIngress({ ...item, kind: "Ingress", apiVersion: "networking.k8s.io/v1" }, false).value;
    return object === null ? [] : [object];
  });
  const direct = live.filter(({ className }) => className !== null && ours.includes(className));
  const { objects, clashes } = companionIngresses(
    [...federated, ...direct],
    seen,
    others.length === 1 ? (others[0] ?? null) : null,
  );
  const known = new Set(
    live
      .filter(({ rules }) => rules.some(({ host }) => host === seen))
      .map(({ meta }) => `${meta.namespace}/${meta.name}`),
  );
  const missing = objects.filter(
    (object) => !known.has(`${textAt(object, "metadata", "namespace")}/${textAt(object, "metadata", "name")}`),
  );
  const results: Check[] = clashes.map((clash) =>
    check(
      what,
      "fail",
      `${seen} cannot stand for all hosts: ${clash}`,
      "portolan gateway in that cluster, and signed: true",
    ),
  );
  if (missing.length === 0) return [...results, check(what, "ok", `its controller knows ${seen}`)];
  const found = `its gateway is asked for ${seen}, which no Ingress there names`;
  return [...results, check(what, "fail", found, "kubectl apply -f - with this", yamlText(missing))];
}
