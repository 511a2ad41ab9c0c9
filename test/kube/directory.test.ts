import { mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ManifestDirectory, directoryReaders } from "../../src/kube/directory.ts";
import type { ObjectReader } from "../../src/kube/reader.ts";
import { until } from "../conformance/until.ts";

const service = (name: string, port: number = 80) =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { ports: [{ port: ${port} }] }\n`;
const clusterObject = (name: string) =>
  `apiVersion: portolan.dev/v1alpha1\nkind: Cluster\nmetadata: { name: ${name} }\n`;

describe("directoryReaders()", () => {
  let dir: string;
  let opened: ManifestDirectory[] = [];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "portolan-directory-"));
    await mkdir(join(dir, "fra"));
    await writeFile(join(dir, "clusters.yaml"), clusterObject("fra"));
    await writeFile(join(dir, "fra/services.yaml"), `${service("one")}---\n${service("two")}`);
  });
  afterEach(async () => {
    await Promise.all(opened.map((directory) => directory.close()));
    opened = [];
    await rm(dir, { recursive: true, force: true });
  });

  async function open(path: string = dir, pollIntervalMs: number = 50): Promise<ManifestDirectory> {
    const directory = await directoryReaders(path, { pollIntervalMs });
    opened.push(directory);
    return directory;
  }
  async function openFra(): Promise<ObjectReader> {
    const fra = (await open()).clusters()[0];
    if (fra === undefined) throw new Error("the folder fra has no reader");
    return fra;
  }
  const names = (reader: ObjectReader): string[] => reader.observe().objects.services.map(({ meta }) => meta.name);

  test("reads the config source and one source per folder", async () => {
    const directory = await open();
    expect(directory.config.observe()).toMatchObject({
      cluster: null,
      reachable: true,
      complete: true,
      claimClassless: true,
      problems: [],
      objects: {
        clusters: [{ meta: { name: "fra", position: { file: join(dir, "clusters.yaml"), line: 1, column: 1 } } }],
      },
    });
    expect(directory.clusters().map(({ cluster }) => cluster)).toEqual(["fra"]);
    expect(directory.clusters().flatMap(names)).toEqual(["one", "two"]);
  });

  test("follows a change, and tells what was deleted until it comes back", async () => {
    const fra = await openFra();
    await writeFile(join(dir, "fra/services.yaml"), service("one", 81));
    const changed = await until(fra, ({ deleted }) => deleted.has("Service/default/two"));
    expect(changed.objects.services).toMatchObject([{ meta: { name: "one" }, ports: [{ port: 81 }] }]);
    await writeFile(join(dir, "fra/more.yml"), service("two"));
    await until(fra, ({ objects, deleted }) => objects.services.length === 2 && deleted.size === 0);
  });

  test("reads again only the file that changed", async () => {
    await writeFile(join(dir, "fra/three.yaml"), service("three"));
    const fra = await openFra();
    const [before] = fra.observe().objects.services;
    await writeFile(join(dir, "fra/three.yaml"), service("three", 81));
    const { objects } = await until(fra, ({ objects }) => objects.services[1]?.ports[0]?.port === 81);
    expect(objects.services[0]).toBe(before);
  });

  test("takes a file that is deleted and written anew for a change, not for a deletion", async () => {
    const directory = await directoryReaders(dir, { pollIntervalMs: 10, debounceMs: 5, deletionGraceMs: 3_600_000 });
    opened.push(directory);
    const [fra] = directory.clusters();
    if (fra === undefined) throw new Error("the folder fra has no reader");
    const seen: string[][] = [];
    fra.onChange(() => seen.push(names(fra)));
    await rm(join(dir, "fra/services.yaml"));
    // The other folder is read after the deletion was, so this waits for as long as it takes to see it.
    await writeFile(join(dir, "more.yaml"), clusterObject("ams"));
    await until(directory.config, ({ objects }) => objects.clusters.length === 2);
    expect(names(fra)).toEqual(["one", "two"]);
    await writeFile(join(dir, "fra/services.yaml"), `${service("one", 81)}---\n${service("two")}`);
    await until(fra, ({ objects }) => objects.services[0]?.ports[0]?.port === 81);
    expect(seen).toEqual([["one", "two"]]);
    expect(fra.observe().deleted.size).toBe(0);
  });

  test("hears of a change without the poll", async () => {
    const directory = await open(dir, 3_600_000);
    const [fra] = directory.clusters();
    await writeFile(
      join(dir, "fra/more.json"),
      JSON.stringify({ apiVersion: "v1", kind: "Service", metadata: { name: "x" }, spec: { ports: [{ port: 1 }] } }),
    );
    if (fra !== undefined) await until(fra, ({ objects }) => objects.services.length === 3, 1000);
  });

  test("refuses a bad change with its place and keeps the old objects", async () => {
    const fra = await openFra();
    await writeFile(join(dir, "fra/services.yaml"), `${service("one")}---\n${service("Three")}`);
    const refused = await until(fra, ({ problems }) => problems.length > 0);
    expect(refused).toMatchObject({ reachable: true, complete: true });
    expect(refused.problems[0]).toMatchObject({
      severity: "error",
      cluster: "fra",
      field: "metadata.name",
      position: { file: join(dir, "fra/services.yaml"), line: 8, column: 19 },
    });
    expect(names(fra)).toEqual(["one", "two"]);
    await writeFile(join(dir, "fra/services.yaml"), service("three"));
    await until(fra, ({ problems }) => problems.length === 0);
    expect(names(fra)).toEqual(["three"]);
  });

  test("uses what is right of a directory that is wrong from the start, and calls it incomplete", async () => {
    await writeFile(join(dir, "fra/bad.yaml"), "a: [");
    const observation = (await openFra()).observe();
    expect(observation).toMatchObject({ reachable: true, complete: false, problems: [{ severity: "error" }] });
    expect(observation.objects.services).toHaveLength(2);
  });

  test("does not take an emptied file for a deletion", async () => {
    const fra = await openFra();
    await truncate(join(dir, "fra/services.yaml"), 0);
    const observation = await until(fra, ({ problems }) => problems.length > 0);
    expect(observation.problems[0]).toMatchObject({ reason: "EmptiedFile", severity: "error" });
    expect(names(fra)).toEqual(["one", "two"]);
    expect(observation.deleted.size).toBe(0);
  });

  test("does not take a vanished folder for an empty one, and reads it again when it is back", async () => {
    const fra = await openFra();
    await rename(join(dir, "fra"), join(dir, ".away"));
    const gone = await until(fra, ({ reachable }) => !reachable);
    expect(gone.error).toBe(`Cannot read ${join(dir, "fra")}: it does not exist`);
    expect(names(fra)).toEqual(["one", "two"]);
    await mkdir(join(dir, "fra"));
    await writeFile(join(dir, "fra/services.yaml"), service("one"));
    const back = await until(fra, ({ reachable }) => reachable);
    expect(back.objects.services).toHaveLength(1);
    await writeFile(join(dir, "fra/services.yaml"), service("later"));
    await until(fra, () => names(fra).includes("later"));
  });

  test("does not take a folder without its last file for an empty one", async () => {
    const fra = await openFra();
    await rm(join(dir, "fra/services.yaml"));
    const gone = await until(fra, ({ reachable }) => !reachable);
    expect(gone.error).toBe('Cannot read cluster "fra": its last manifest file is gone');
    expect(names(fra)).toEqual(["one", "two"]);
    expect(gone.deleted.size).toBe(0);
  });

  test("tells of a folder that appears", async () => {
    const directory = await open();
    const appeared = new Promise<void>((resolve) => directory.onClusters(resolve));
    await mkdir(join(dir, "asia"));
    await writeFile(join(dir, "asia/a.yaml"), service("one"));
    await appeared;
    const asia = directory.clusters().find(({ cluster }) => cluster === "asia");
    if (asia === undefined) throw new Error("the folder asia has no reader");
    await until(asia, ({ objects }) => objects.services.length === 1);
  });

  test("warns about a folder that cannot be a cluster, and ignores dot folders", async () => {
    await mkdir(join(dir, "Not_A_Cluster"));
    await mkdir(join(dir, ".git"));
    const directory = await open();
    expect(directory.clusters().map(({ cluster }) => cluster)).toEqual(["fra"]);
    expect(directory.config.observe().problems).toMatchObject([{ severity: "warning", reason: "FolderIgnored" }]);
  });

  test("follows a rename into place", async () => {
    const fra = await openFra();
    await writeFile(join(dir, "fra/.services.yaml.swp"), service("renamed"));
    await rename(join(dir, "fra/.services.yaml.swp"), join(dir, "fra/services.yaml"));
    await until(fra, () => names(fra).join() === "renamed");
  });

  test("follows the links that Kubernetes swaps for a ConfigMap", async () => {
    const volume = join(dir, "fra-volume");
    for (const [version, name] of [
      ["..1", "first"],
      ["..2", "second"],
    ] as const) {
      await mkdir(join(volume, version), { recursive: true });
      await writeFile(join(volume, version, "services.yaml"), service(name));
    }
    await symlink("..1", join(volume, "..data"));
    await symlink("..data/services.yaml", join(volume, "services.yaml"));
    const directory = await open();
    const reader = directory.clusters().find(({ cluster }) => cluster === "fra-volume");
    if (reader === undefined) throw new Error("the folder has no reader");
    expect(names(reader)).toEqual(["first"]);
    await symlink("..2", join(volume, "..data_tmp"));
    await rename(join(volume, "..data_tmp"), join(volume, "..data"));
    await until(reader, () => names(reader).join() === "second");
    expect(reader.observe().deleted).toEqual(new Set(["Service/default/first"]));
  });

  test("waits for a directory that does not exist yet", async () => {
    const later = join(dir, ".later");
    const { config } = await open(later);
    expect(config.observe()).toMatchObject({
      reachable: false,
      complete: false,
      error: `Cannot read ${later}: it does not exist`,
    });
    await mkdir(later);
    await writeFile(join(later, "clusters.yaml"), clusterObject("fra"));
    await until(config, ({ reachable, objects }) => reachable && objects.clusters.length === 1);
  });

  test("is quiet while nothing changes", async () => {
    const directory = await open(dir, 10);
    const [fra] = directory.clusters();
    let changes = 0;
    fra?.onChange(() => changes++);
    const before = fra?.observe().observedAtMs ?? 0;
    // A second source that is changed shows that the poll has gone round.
    for (const name of ["a", "b", "c"]) {
      await writeFile(join(dir, "clusters.yaml"), clusterObject(name));
      await until(directory.config, ({ objects }) => objects.clusters[0]?.meta.name === name);
    }
    expect(changes).toBe(0);
    expect(fra?.observe().observedAtMs).toBeGreaterThanOrEqual(before);
  });

  test("close() ends all work and may be called twice", async () => {
    const directory = await open();
    await directory.close();
    await directory.close();
  });
});
