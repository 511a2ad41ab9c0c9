/** Files read once, for `explain` and `validate`. */
import { causeOf } from "../src/core/cause.ts";
import { readFile, stat } from "node:fs/promises";
import type { LoadedTree } from "../src/cli/deps.ts";
import { Failure } from "../src/cli/failure.ts";
import { compile } from "../src/core/compile/compile.ts";
import { forbiddenEndpoints } from "../src/core/compile/endpoints.ts";
import type { ObjectMeta, Problem } from "../src/core/objects.ts";
import { directoryReaders } from "../src/kube/directory.ts";
import { kubeObjects } from "../src/kube/kinds.ts";
import { manifestSet } from "../src/kube/manifest-set.ts";

const TREE = "DIR with *.yaml (Cluster, Ingress) and <cluster>/*.yaml (Service, EndpointSlice)";

/** A directory as `portolan edge --from` reads it. Fails when it cannot be read or holds nothing. */
export async function loadTree(path: string): Promise<LoadedTree> {
  if (!(await isDirectory(path))) throw new Failure(`Cannot read ${path}: it is not a directory`, `--from ${TREE}`);
  const directory = await directoryReaders(path);
  try {
    const tree = {
      config: directory.config.observe(),
      clusters: directory.clusters().map((reader) => reader.observe()),
    };
    const unreadable = [tree.config, ...tree.clusters].flatMap((one) => (one.error === null ? [] : [one.error]));
    if (unreadable.length > 0) throw new Failure(unreadable.join("\n"), `ls -l ${path}`);
    refuseEmpty(path, tree);
    return tree;
  } finally {
    await directory.close();
  }
}

/** A directory without one object is a wrong path far more often than a wish to answer 404 to everybody. */
export function refuseEmpty(path: string, { config, clusters }: LoadedTree): void {
  const all = [config, ...clusters];
  if (all.some((one) => one.problems.length > 0 || Object.values(one.objects).some((list) => list.length > 0))) return;
  throw new Failure(`Cannot go on with ${path}: it holds no object that Portolan reads`, `--from ${TREE}`);
}

/** Every problem of a file, or of a directory and of what it compiles to. */
export async function validate(path: string, allowPrivateOrigins: boolean): Promise<readonly Problem[]> {
  if (!(await isDirectory(path))) return await validateFile(path, allowPrivateOrigins);
  const tree = await loadTree(path);
  const { problems } = compile({ ...tree, previous: null, allowPrivateOrigins, nowMs: 0 });
  // Problems of a folder without a Cluster object are not part of what is compiled.
  const compiled = new Set(problems);
  const strays = tree.clusters.flatMap((one) => one.problems).filter((problem) => !compiled.has(problem));
  return [...problems, ...strays, ...notMembers(tree), ...misplaced(tree)];
}

/** A file alone may be of the config source or of a member, so what it points at is not looked for. */
async function validateFile(path: string, allowPrivateOrigins: boolean): Promise<readonly Problem[]> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new Failure(`Cannot read ${path}: ${causeOf(cause)}`, `ls -l ${path}`);
  });
  const set = manifestSet([{ file: path, text }], null);
  const objects = kubeObjects(set.objects.values());
  const config = {
    cluster: null,
    reachable: true,
    complete: true,
    observedAtMs: 0,
    error: null,
    objects,
    deleted: new Set<string>(),
    problems: set.problems,
    claimClassless: true,
  };
  const { problems } = compile({ config, clusters: [], previous: null, allowPrivateOrigins, nowMs: 0 });
  const elsewhere = new Set(["BackendNotFound", "NoUsableAddress"]);
  return [
    ...problems.filter((problem) => !elsewhere.has(problem.reason)),
    ...forbiddenEndpoints(null, objects.endpointSlices, allowPrivateOrigins),
  ];
}

/** Folders that no Cluster object stands for: nothing in them is used. */
export function notMembers({ config, clusters }: LoadedTree): readonly Problem[] {
  const known = new Set(config.objects.clusters.map((one) => one.meta.name));
  return clusters.flatMap(({ cluster, reachable }): Problem[] => {
    // A folder that is gone as well needs no Cluster object.
    if (cluster === null || known.has(cluster) || !reachable) return [];
    const message = `Cannot use the folder ${cluster}: no Cluster object has that name, so it is not a member; add one or rename the folder`;
    return [{ severity: "warning", reason: "NotAMember", cluster, object: "", field: "", message, position: null }];
  });
}

/** Objects in a place where nobody reads their kind: right in themselves, and without any effect. */
function misplaced({ config, clusters }: LoadedTree): readonly Problem[] {
  const { services, endpointSlices, ingressClasses } = config.objects;
  const inConfig = [...services, ...endpointSlices, ...ingressClasses].map(({ meta }) =>
    misplacedObject(meta, null, "it counts only in a folder DIR/<cluster>/"),
  );
  const inMembers = clusters.flatMap(({ cluster, objects }) =>
    [...objects.clusters, ...objects.trafficPolicies, ...objects.hostClaims].map(({ meta }) =>
      misplacedObject(meta, cluster, "it counts only at the top, in DIR/*.yaml"),
    ),
  );
  return [...inConfig, ...inMembers];
}

function misplacedObject(meta: ObjectMeta, cluster: string | null, where: string): Problem {
  const object = meta.namespace === "" ? `${meta.kind} ${meta.name}` : `${meta.kind} ${meta.namespace}/${meta.name}`;
  const message = `Cannot use this ${meta.kind} here: ${where}; move it`;
  return { severity: "warning", reason: "Misplaced", cluster, object, field: "", message, position: meta.position };
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const reason =
      code === "ENOENT" ? "it does not exist" : cause instanceof Error ? cause.message : "the system does not say why";
    throw new Failure(`Cannot read ${path}: ${reason}`, "ls, to find the right path", { cause });
  }
}
