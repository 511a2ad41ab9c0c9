import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiReaderAccess, type ApiReaderOptions, apiReader } from "../../src/kube/api-reader.ts";
import type { ApiAccess } from "../../src/kube/access/access.ts";
import type { ServiceObject } from "../../src/core/objects.ts";
import type { ObjectReader } from "../../src/kube/reader.ts";
import { until } from "./until.ts";

/** A Kubernetes API that the suite may change. It starts without Services. */
export interface ChangeableApi {
  readonly access: ApiAccess;
  /** Creates a Service `default/NAME` with one port. */
  create(name: string, port: number): Promise<void>;
  /** Gives the Service another port. */
  change(name: string, port: number): Promise<void>;
  remove(name: string): Promise<void>;
  /** Cuts all watches and makes their resourceVersions too old. */
  expire(): Promise<void>;
  /** Stops the server; `start` brings it back at the same address, with what it held or with nothing. */
  stop(): Promise<void>;
  start(content: "same" | "empty"): Promise<void>;
  /** Drops every byte while on. */
  partition(on: boolean): Promise<void>;
  close(): Promise<void>;
}

/** Makes a reader of one cluster, as `apiReader` does. */
export type MakeReader = (access: ApiReaderAccess, options: ApiReaderOptions) => ObjectReader;

export interface KubeReaderSuite {
  readonly api: ChangeableApi;
  /** A reader of that API whose `start` has resolved. */
  open(options?: ApiReaderOptions): Promise<ObjectReader>;
}

/** Takes a test of the suite. */
export type RegisterReaderTest = (name: string, run: (suite: KubeReaderSuite) => Promise<void>) => void;

const QUICK: ApiReaderOptions = { backoff: { baseMs: 20, capMs: 100 }, random: () => 0.5 };

/** What one test needs; `close` ends its readers and its API. */
export function readersOf(api: ChangeableApi, make: MakeReader): KubeReaderSuite & { close(): Promise<void> } {
  const readers: ObjectReader[] = [];
  return {
    api,
    async open(options = {}) {
      const reader = make({ cluster: "fra", ...api.access }, { ...QUICK, ...options });
      readers.push(reader);
      await reader.start();
      return reader;
    },
    async close() {
      await Promise.all(readers.map((reader) => reader.close()));
      await api.close();
    },
  };
}

/** What every API must show through `apiReader`. */
export function kubeReaderSuite(name: string, startApi: () => Promise<ChangeableApi>): void {
  describe(`apiReader() on ${name}`, () => {
    let suite: ReturnType<typeof readersOf>;
    beforeEach(async () => {
      suite = readersOf(await startApi(), apiReader);
    });
    afterEach(() => suite.close());
    kubeReaderTests((title, run) => it(title, () => run(suite)));
  });
}

/** Services but the one by which every real cluster names its own API. */
function own(services: readonly ServiceObject[]): readonly ServiceObject[] {
  return services.filter(({ meta }) => meta.name !== "kubernetes");
}

function ports(reader: ObjectReader): Record<string, number | undefined> {
  const { services } = reader.observe().objects;
  return Object.fromEntries(own(services).map(({ meta, ports }) => [meta.name, ports[0]?.port]));
}

/** Every test of the suite, in order. */
export function kubeReaderTests(test: RegisterReaderTest): void {
  test("lists what is there before start() resolves", async ({ api, open }) => {
    await api.create("one", 80);
    const reader = await open();
    const observation = reader.observe();
    expect(observation).toMatchObject({ cluster: "fra", reachable: true, complete: true, error: null });
    expect(ports(reader)).toEqual({ one: 80 });
    expect(own(observation.objects.services)[0]?.meta).toMatchObject({
      kind: "Service",
      apiVersion: "v1",
      namespace: "default",
    });
    expect(observation.deleted.size).toBe(0);
  });

  test("follows additions, changes and deletions, and tells deletions", async ({ api, open }) => {
    const reader = await open();
    await api.create("one", 80);
    await until(reader, () => ports(reader)["one"] === 80);
    await api.change("one", 81);
    await until(reader, () => ports(reader)["one"] === 81);
    await api.remove("one");
    await until(reader, ({ deleted }) => deleted.has("Service/default/one"));
    expect(ports(reader)).toEqual({});
    await api.create("one", 82);
    await until(reader, ({ deleted }) => !deleted.has("Service/default/one"));
    expect(ports(reader)).toEqual({ one: 82 });
  });

  test("reads a list in pages", async ({ api, open }) => {
    for (let port = 1; port <= 7; port++) await api.create(`s${port}`, port);
    const reader = await open({ pageSize: 2 });
    expect(own(reader.observe().objects.services).map(({ meta }) => meta.name)).toEqual([
      "s1",
      "s2",
      "s3",
      "s4",
      "s5",
      "s6",
      "s7",
    ]);
  });

  test("lists again when its version is too old", async ({ api, open }) => {
    await api.create("one", 80);
    const reader = await open();
    await api.create("two", 80);
    await until(reader, ({ objects }) => own(objects.services).length === 2);
    await api.expire();
    await api.create("three", 80);
    await until(reader, ({ objects, reachable }) => reachable && own(objects.services).length === 3);
  });

  test("keeps the objects while the server is down and goes on when it is back", async ({ api, open }) => {
    await api.create("one", 80);
    const reader = await open();
    await api.stop();
    const down = await until(reader, ({ reachable }) => !reachable);
    expect(down.error).toMatch(/^Cannot read cluster "fra" since \d{4}-.*: /);
    expect(ports(reader)).toEqual({ one: 80 });
    await api.start("same");
    await until(reader, ({ reachable }) => reachable);
    await api.create("two", 80);
    await until(reader, ({ objects }) => own(objects.services).length === 2);
  });

  test("does not take an empty server for deletions", async ({ api, open }) => {
    await api.create("one", 80);
    const reader = await open();
    await api.stop();
    await until(reader, ({ reachable }) => !reachable);
    await api.start("empty");
    const empty = await until(reader, ({ objects, reachable }) => reachable && own(objects.services).length === 0);
    expect(empty.deleted.size).toBe(0);
    expect(empty.error).toBeNull();
  });

  test("notices a partition by asking, keeps the objects and lists again when it heals", async ({ api, open }) => {
    await api.create("one", 80);
    const reader = await open({ livenessIntervalMs: 50, livenessFailures: 2 });
    await api.partition(true);
    const cut = await until(reader, ({ reachable }) => !reachable);
    expect(cut.error).toMatch(/since/);
    expect(ports(reader)).toEqual({ one: 80 });
    await api.partition(false);
    await api.create("two", 80);
    await until(reader, ({ objects, reachable }) => reachable && own(objects.services).length === 2);
  });

  test("start() resolves although nobody answers, and reads as soon as somebody does", async ({ api, open }) => {
    await api.stop();
    const reader = await open();
    expect(reader.observe()).toMatchObject({ reachable: false, complete: false });
    expect(reader.observe().error).not.toBeNull();
    await api.start("same");
    await until(reader, ({ complete, reachable }) => complete && reachable);
  });
}
