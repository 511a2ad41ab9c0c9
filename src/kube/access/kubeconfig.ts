/** Kubeconfig files as kubectl finds and merges them: read whole, judged one context at a time. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import type { PositionOf } from "../finding.ts";
import { isRecord } from "../plain.ts";
import { parseManifests } from "../yaml.ts";
import { entry, type Entry, KubeconfigError } from "./kubeconfig-entry.ts";

export interface KubeContext {
  readonly name: string;
  readonly cluster: string;
  readonly user: string;
  readonly namespace: string | null;
  readonly file: string;
}

/** The files merged: of two entries with one name the one of the first file counts, whole. */
export interface Kubeconfig {
  /** The files that were there, in the order in which they count. */
  readonly files: readonly string[];
  readonly currentContext: string | null;
  /** In order of appearance. */
  readonly contexts: readonly KubeContext[];
  /** One entry of a section, null when no file has it. */
  find(section: "clusters" | "users" | "contexts", name: string): Entry | null;
}

export interface KubeconfigOptions {
  /** One file that must be there; otherwise `KUBECONFIG`, otherwise `~/.kube/config`. */
  readonly path?: string | null;
  /** Several files, in the order in which they count; those that are not there are passed over. */
  readonly paths?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** Reads and merges; rejects with a `KubeconfigError` when a file is broken or none is there. */
export async function loadKubeconfig({
  path = null,
  paths,
  env = process.env,
}: KubeconfigOptions = {}): Promise<Kubeconfig> {
  const named = path === null ? (paths ?? fromEnvironment(env)) : [resolve(path)];
  const read = await Promise.all(named.map((file) => readConfig(file, path !== null)));
  const files = read.filter((file) => file !== null);
  if (files.length === 0) {
    const where = named.map((file) => JSON.stringify(file)).join(", ");
    throw new KubeconfigError(`Cannot read a kubeconfig: there is no ${where}`);
  }
  const merged = {
    clusters: new Map<string, Entry>(),
    users: new Map<string, Entry>(),
    contexts: new Map<string, Entry>(),
  };
  for (const { sections } of files) {
    for (const section of ["clusters", "users", "contexts"] as const) {
      for (const [name, one] of sections[section]) if (!merged[section].has(name)) merged[section].set(name, one);
    }
  }
  return {
    files: files.map(({ file }) => file),
    currentContext: files.map(({ currentContext }) => currentContext).find((name) => name !== null) ?? null,
    contexts: [...merged.contexts].map(([name, one]) => ({
      name,
      cluster: listed(one, "cluster") ?? "",
      user: listed(one, "user") ?? "",
      namespace: listed(one, "namespace"),
      file: one.file,
    })),
    find: (section, name) => merged[section].get(name) ?? null,
  };
}

/** A broken context must not hide the others; it is refused when it is used. */
function listed({ value }: Entry, name: string): string | null {
  const found = value[name];
  return typeof found === "string" && found !== "" ? found : null;
}

function fromEnvironment(env: NodeJS.ProcessEnv): readonly string[] {
  const listed = (env["KUBECONFIG"] ?? "").split(delimiter).filter((file) => file !== "");
  return listed.length > 0
    ? [...new Set(listed)].map((file) => resolve(file))
    : [join(env["HOME"] ?? homedir(), ".kube", "config")];
}

interface ReadConfig {
  readonly file: string;
  readonly currentContext: string | null;
  readonly sections: Readonly<Record<"clusters" | "users" | "contexts", ReadonlyMap<string, Entry>>>;
}

async function readConfig(file: string, mustExist: boolean): Promise<ReadConfig | null> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    // kubectl passes over files of KUBECONFIG that are not there, too.
    if (isMissing && !mustExist) return null;
    throw new KubeconfigError(
      `Cannot read the kubeconfig "${file}": ${isMissing ? "there is no such file" : "it cannot be read"}`,
      { cause },
    );
  }
  const { documents, problems } = parseManifests(text, file);
  const error = problems.find(({ severity }) => severity === "error");
  if (error !== undefined) {
    const at = error.position === null ? file : `${file}:${error.position.line}:${error.position.column}`;
    throw new KubeconfigError(`Cannot read the kubeconfig "${at}": ${error.message}`);
  }
  const [document, second] = documents;
  if (second !== undefined)
    throw new KubeconfigError(`Cannot read the kubeconfig "${file}": it holds more than one document`);
  const root = document?.value ?? {};
  if (!isRecord(root)) throw new KubeconfigError(`Cannot read the kubeconfig "${file}": it is not a mapping`);
  if (root["kind"] !== undefined && root["kind"] !== "Config") {
    throw new KubeconfigError(`Cannot read the kubeconfig "${file}": its kind is not Config`);
  }
  const positionOf = document?.positionOf ?? (() => ({ file, line: 1, column: 1 }));
  const current = root["current-context"];
  return {
    file,
    currentContext: typeof current === "string" && current !== "" ? current : null,
    sections: {
      clusters: section(root, "clusters", "cluster", file, positionOf),
      users: section(root, "users", "user", file, positionOf),
      contexts: section(root, "contexts", "context", file, positionOf),
    },
  };
}

function section(
  root: Readonly<Record<string, unknown>>,
  list: string,
  of: string,
  file: string,
  positionOf: PositionOf,
): ReadonlyMap<string, Entry> {
  const items = root[list] ?? [];
  const { line, column } = positionOf([list]);
  if (!Array.isArray(items))
    throw new KubeconfigError(`Cannot read the kubeconfig "${file}:${line}:${column}": ${list} is not a list`);
  const found = new Map<string, Entry>();
  for (const [index, item] of items.entries()) {
    const name: unknown = isRecord(item) ? item["name"] : undefined;
    if (!isRecord(item) || typeof name !== "string") {
      const at = positionOf([list, index]);
      throw new KubeconfigError(
        `Cannot read the kubeconfig "${file}:${at.line}:${at.column}": ${list}[${index}] has no name`,
      );
    }
    const value = item[of] ?? {};
    if (found.has(name)) {
      const at = positionOf([list, index, "name"]);
      throw new KubeconfigError(
        `Cannot read the kubeconfig "${file}:${at.line}:${at.column}": ${list} has ${JSON.stringify(name)} twice`,
      );
    }
    found.set(name, entry({ file, folder: dirname(file), value, path: [list, index, of], positionOf }));
  }
  return found;
}
