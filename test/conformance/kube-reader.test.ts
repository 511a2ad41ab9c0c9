/** The suite of API readers, tested: `apiReader` passes it (test/kube), and none of these does. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import type { Observation } from "../../src/core/objects.ts";
import { type ApiReaderAccess, apiReader } from "../../src/kube/api-reader.ts";
import type { ObjectReader } from "../../src/kube/reader.ts";
import { startSimApi } from "../kube/sim-api.ts";
import { type Broken, collected, expectAllTested, expectNoticed, outcomeOf, testFor } from "./broken.ts";
import { kubeReaderTests, type MakeReader, readersOf } from "./kube-reader.ts";
import { until } from "./until.ts";

interface BrokenReader extends Broken {
  readonly make: MakeReader;
}

/** A reader that shows something else than what it read. */
function showing(change: () => (observation: Observation) => Observation): MakeReader {
  return (access, options) => {
    const reader = apiReader(access, options);
    const changed = change();
    return { ...reader, observe: () => changed(reader.observe()) };
  };
}

/** Reads through a proxy that gives on what `passes` says of each line of an answer. */
function readingThrough(passes: (line: string, path: string) => string | null): MakeReader {
  return (access, options) => {
    const proxy = lineProxy(access, passes);
    let reader: ObjectReader | null = null;
    const inner = async () => (reader ??= apiReader({ cluster: access.cluster, server: await proxy.url }, options));
    const opened = () => {
      if (reader === null) throw new Error("Cannot observe: the reader was not started");
      return reader;
    };
    return {
      cluster: access.cluster,
      start: async () => (await inner()).start(),
      observe: () => opened().observe(),
      onChange: (listener) => opened().onChange(listener),
      async close() {
        await reader?.close();
        await proxy.close();
      },
    };
  };
}

/** Null ends nothing and gives nothing on: a connection that has fallen silent. */
function lineProxy(
  access: ApiReaderAccess,
  passes: (line: string, path: string) => string | null,
): { readonly url: Promise<string>; close(): Promise<void> } {
  const gone = new AbortController();
  const server = createServer(async (request, response) => {
    const path = request.url ?? "/";
    try {
      const answer = await fetch(`${access.server}${path}`, { signal: gone.signal });
      response.writeHead(answer.status, { "content-type": "application/json" }).flushHeaders();
      let rest = "";
      for await (const text of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          const passed = passes(line, path);
          if (passed === null) return;
          response.write(`${passed}\n`);
        }
      }
      response.end(rest === "" ? "" : passes(rest, path));
    } catch {
      response.destroy();
    }
  });
  const url = new Promise<string>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
  );
  return {
    url,
    async close() {
      gone.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

const forgetful = showing(() => (observation) => {
  if (observation.reachable) return observation;
  return { ...observation, objects: { ...observation.objects, services: [] } };
});

const TABLE: readonly BrokenReader[] = [
  {
    test: "lists what is there before start() resolves",
    does: "lists after it",
    make(access, options) {
      const reader = apiReader(access, options);
      return { ...reader, start: async () => void reader.start() };
    },
  },
  {
    test: "lists what is there before start() resolves",
    does: "leaves out what items of a list do not say themselves",
    make: showing(() => (observation) => {
      const services = observation.objects.services.map((one) => ({ ...one, meta: { ...one.meta, kind: "" } }));
      return { ...observation, objects: { ...observation.objects, services } };
    }),
  },
  {
    test: "follows additions, changes and deletions, and tells deletions",
    does: "reads once",
    hangs: true,
    make: showing(() => {
      let first: Observation | null = null;
      return (observation) => {
        if (!observation.complete) return observation;
        return (first ??= observation);
      };
    }),
  },
  {
    test: "follows additions, changes and deletions, and tells deletions",
    does: "tells no deletion",
    hangs: true,
    make: showing(() => (observation) => ({ ...observation, deleted: new Set() })),
  },
  {
    test: "follows additions, changes and deletions, and tells deletions",
    does: "never takes a deletion back",
    hangs: true,
    make: showing(() => {
      const deleted = new Set<string>();
      return (observation) => {
        for (const one of observation.deleted) deleted.add(one);
        return { ...observation, deleted };
      };
    }),
  },
  {
    test: "reads a list in pages",
    does: "stops after the first page",
    make: readingThrough((line, path) => {
      if (path.includes("watch=true") || !path.includes("limit=")) return line;
      const list = JSON.parse(line) as { metadata: object };
      return JSON.stringify({ ...list, metadata: { ...list.metadata, continue: undefined } });
    }),
  },
  {
    test: "lists again when its version is too old",
    does: "goes on watching a version that is too old",
    hangs: true,
    make: readingThrough((line) => (line.includes('"reason":"Expired"') ? null : line)),
  },
  {
    test: "keeps the objects while the server is down and goes on when it is back",
    does: "forgets what it cannot read",
    make: forgetful,
  },
  {
    test: "keeps the objects while the server is down and goes on when it is back",
    does: "does not say since when it cannot read",
    make: showing(() => (observation) => ({ ...observation, error: observation.error?.replace("since ", "") ?? null })),
  },
  {
    test: "does not take an empty server for deletions",
    does: "takes everything for deleted that is not there any more",
    make: showing(() => {
      const seen = new Set<string>();
      return (observation) => {
        const names = observation.objects.services.map(({ meta }) => `Service/${meta.namespace}/${meta.name}`);
        for (const name of names) seen.add(name);
        return { ...observation, deleted: new Set([...seen].filter((name) => !names.includes(name))) };
      };
    }),
  },
  {
    test: "notices a partition by asking, keeps the objects and lists again when it heals",
    does: "relies on watches that say nothing",
    hangs: true,
    make: (access, options) => apiReader(access, { ...options, livenessIntervalMs: null }),
  },
  {
    test: "notices a partition by asking, keeps the objects and lists again when it heals",
    does: "forgets what it cannot read",
    make: forgetful,
  },
  {
    test: "start() resolves although nobody answers, and reads as soon as somebody does",
    does: "waits for an answer before it has started",
    hangs: true,
    make(access, options) {
      const reader = apiReader(access, options);
      return {
        ...reader,
        async start() {
          await reader.start();
          await until(reader, ({ reachable }) => reachable);
        },
      };
    },
  },
  {
    test: "start() resolves although nobody answers, and reads as soon as somebody does",
    does: "takes nobody for an empty cluster",
    make: showing(() => (observation) => ({ ...observation, reachable: true, complete: true, error: null })),
  },
];

const TESTS = collected(kubeReaderTests);

describe.concurrent("kubeReaderTests()", () => {
  it("has something broken for each of its tests", () => expectAllTested([...TESTS.keys()], TABLE));

  for (const broken of TABLE) {
    it(`"${broken.test}" notices a reader that ${broken.does}`, async () => {
      const suite = readersOf(await startSimApi(), broken.make);
      const outcome = await outcomeOf(testFor(TESTS, broken)(suite), broken.hangs === true);
      await suite.close();
      expectNoticed(broken, outcome);
    });
  }

  it("passes through the proxy that some of these read through", async () => {
    for (const name of ["reads a list in pages", "lists again when its version is too old"]) {
      const suite = readersOf(
        await startSimApi(),
        readingThrough((line) => line),
      );
      const outcome = await outcomeOf(testFor(TESTS, { test: name, does: "nothing wrong" })(suite), false);
      await suite.close();
      expect([name, outcome]).toEqual([name, "passed"]);
    }
  });
});
