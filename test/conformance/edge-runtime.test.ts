/** The suite of edge runtimes, tested: a plain edge passes it, and the same with one thing wrong does not. */
import { afterAll, describe, expect, it } from "vitest";
import { expectAllTested, expectNoticed, collected, outcomeOf, testFor } from "./broken.ts";
import { BROKEN_FAILOVER } from "./broken-edges/failover.ts";
import { BROKEN_RELAY } from "./broken-edges/relay.ts";
import { BROKEN_REQUESTS } from "./broken-edges/requests.ts";
import type { BrokenEdge } from "./broken-edges/sabotage.ts";
import { BROKEN_SNAPSHOTS } from "./broken-edges/snapshots.ts";
import { BROKEN_STREAMING } from "./broken-edges/streaming.ts";
import { ask } from "./edge-client.ts";
import { edgeRuntimeSuite, edgeRuntimeTests, warm } from "./edge-runtime.ts";
import { type EdgeWorld, HOST, type RuntimeUnderTest, startEdgeWorld } from "./edge-world.ts";
import { type Sabotage, startPlainEdge } from "./plain-edge.ts";

const PLAIN = { name: "node:http alone", provesUnsent: true, hostOverride: "any" } as const;
const TABLE: readonly BrokenEdge[] = [
  ...BROKEN_REQUESTS,
  ...BROKEN_FAILOVER,
  ...BROKEN_STREAMING,
  ...BROKEN_RELAY,
  ...BROKEN_SNAPSHOTS,
];
const TESTS = collected(edgeRuntimeTests);

/** A world that is used for one edge after the other: starting origins and keys costs more than most tests. */
interface Place {
  readonly world: EdgeWorld;
  sabotage: () => Sabotage;
  mistakes: unknown[];
}

const idle: Place[] = [];

async function newPlace(): Promise<Place> {
  const runtime: RuntimeUnderTest = {
    ...PLAIN,
    start: (options) => startPlainEdge(options, place.sabotage(), (error) => place.mistakes.push(error)),
  };
  const place: Place = { world: await startEdgeWorld(runtime), sabotage: () => ({}), mistakes: [] };
  return place;
}

describe("edgeRuntimeTests()", () => {
  it("has something broken for each of its tests", () => expectAllTested([...TESTS.keys()], TABLE));
});

edgeRuntimeSuite({
  ...PLAIN,
  start: (options) =>
    startPlainEdge(options, {}, (error) => {
      throw error;
    }),
});

describe.concurrent("edgeRuntimeTests()", () => {
  afterAll(async () => {
    for (const { world } of idle) await world.close();
  });

  for (const broken of TABLE) {
    it(`"${broken.test}" notices an edge that ${broken.does}`, async () => {
      const place = idle.pop() ?? (await newPlace());
      const { world } = place;
      place.sabotage = broken.sabotage;
      place.mistakes = [];
      await world.reset();
      await world.publish([HOST]);
      const edge = await world.start();
      await warm(edge);
      // It is broken in one thing: an edge that answers nothing would fail every test, and show nothing.
      expect((await ask(edge.url, "/")).status).toBe(200);
      await world.reset();
      const runtime = { ...PLAIN, ...broken.claims, start: () => Promise.reject(new Error("not part of a test")) };
      const outcome = await outcomeOf(testFor(TESTS, broken)({ runtime, world, edge }), broken.hangs === true);
      const { mistakes } = place;
      // What hangs may go on: its world ends with it.
      if (outcome === "hung") await world.close();
      else await edge.close().then(() => idle.push(place));
      expectNoticed(broken, outcome);
      expect(mistakes).toEqual([]);
    });
  }
});
