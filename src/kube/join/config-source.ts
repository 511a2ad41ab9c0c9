/** The config source as `portolan.yaml` names it, as far as joining needs it: which Clusters there are, and one more or less. */
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { clusterLines, type InitCluster } from "../../core/join/init-file.ts";
import { commentedYaml } from "../../core/join/commented-yaml.ts";
import { readFolder } from "../folder.ts";
import { isRecord } from "../plain.ts";
import { parseManifests } from "../yaml.ts";
import { textAt } from "./facts.ts";

/** A Cluster object, and the file (or the config cluster) that holds it. */
export interface ConfiguredCluster {
  readonly name: string;
  /** Null for a cluster that is read in another way. */
  readonly context: string | null;
  readonly file: string;
}

export interface ControlPlace {
  readonly file: string;
  /** Of portolan.yaml; `.portolan/` is in it. */
  readonly folder: string;
  readonly directory: string;
  /** Context of the config cluster; null for a directory. */
  readonly context: string | null;
  readonly admin: string | null;
  readonly store: string | null;
  /** Ingresses without a class are ours. */
  readonly claimClassless: boolean;
  readonly clusters: readonly ConfiguredCluster[];
}

/** Reads portolan.yaml and the directory that it names; rejects with what is wrong. */
export async function readControlPlace(path: string): Promise<ControlPlace> {
  const file = resolve(path);
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Error(`Cannot read ${path}: there is no such file`, { cause });
  });
  const control = plainDocuments(text, file).find((one) => one["kind"] === "Control");
  if (control === undefined) throw new Error(`Cannot use ${path}: it holds no object of kind Control`);
  const spec = isRecord(control["spec"]) ? control["spec"] : {};
  const folder = dirname(file);
  const directory = resolve(folder, textAt(spec, "config", "directory") ?? ".");
  const content = await readFolder(directory, null);
  const files = content?.ok ? content.files : [];
  const all = files.some((one) => resolve(one.file) === file) ? files : [{ file, text }, ...files];
  return {
    file,
    folder,
    directory,
    context: textAt(spec, "config", "context"),
    admin: textAt(spec, "admin"),
    store: textAt(spec, "store", "file"),
    claimClassless: spec["claimClassless"] === true,
    clusters: all.flatMap((one) => clustersOf(one.text, resolve(one.file))),
  };
}

/** Writes a Cluster into a file of its own; the path. Rejects when the file is there. */
export async function addCluster(place: ControlPlace, cluster: InitCluster): Promise<string> {
  const file = join(place.directory, `cluster-${cluster.name}.yaml`);
  await writeFile(file, commentedYaml(clusterLines(cluster)), { flag: "wx" });
  return file;
}

/** Takes a Cluster out of the file that holds it; every other byte stays. A file that held nothing else is removed. */
export async function removeCluster(cluster: ConfiguredCluster): Promise<void> {
  const text = await readFile(cluster.file, "utf8");
  // The separators are kept with the document behind them, so that what is left is as it was.
  const parts = text.split(/^(?=---[ \t]*\r?$)/m);
  const rest = parts.filter((part) => !clustersOf(part, cluster.file).some(({ name }) => name === cluster.name));
  if (rest.length === parts.length) throw new Error(`Cannot find Cluster ${cluster.name} in ${cluster.file}`);
  const left = rest.join("");
  if (plainDocuments(left, cluster.file).length === 0) return await rm(cluster.file);
  await writeFile(`${cluster.file}.new`, left);
  await rename(`${cluster.file}.new`, cluster.file);
}

function clustersOf(text: string, file: string): readonly ConfiguredCluster[] {
  return plainDocuments(text, file).flatMap((value) =>
    value["kind"] === "Cluster" ? (clusterOf(value, file) ?? []) : [],
  );
}

/** A plain Cluster object as joining needs it; null when it has no name. */
export function clusterOf(value: Readonly<Record<string, unknown>>, file: string): ConfiguredCluster | null {
  const name = textAt(value, "metadata", "name");
  return name === null ? null : { name, context: textAt(value, "spec", "access", "context"), file };
}

function plainDocuments(text: string, file: string): readonly Readonly<Record<string, unknown>>[] {
  return parseManifests(text, file).documents.flatMap(({ value }) => (isRecord(value) ? [value] : []));
}
