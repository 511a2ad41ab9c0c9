/** The suite of edge runtimes, tested: a plain edge passes it, and the same with one thing wrong does not. */
import { beforeAll, describe, it } from "vitest";
import { collected, expectAllTested, expectNoticed, type Outcome, outcomeOf, testFor } from "./broken.ts";
import { BROKEN_ASKS } from "./broken-edges/asks.ts";
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
  ...BROKEN_ASKS,
];
const AT_ONCE = 5;
const TESTS = collected(edgeRuntimeTests);

/** A world that is used for one edge after the other: starting origins and keys costs more than most tests. */
interface Place {
  readonly world: EdgeWorld;
  sabotage: () => Sabotage;
  mistakes: unknown[];
}

const SMOKE_MS = 5000;

async function newPlace(): Promise<Place> {
  const runtime: RuntimeUnderTest = {
    ...PLAIN,
    start: (options) => startPlainEdge(options, place.sabotage(), (error) => place.mistakes.push(error)),
  };
  const place: Place = { world: await startEdgeWorld(runtime), sabotage: () => ({}), mistakes: [] };
  return place;
}

/** Runs the test that is there for it against a broken edge in that place. */
async function outcomeIn(place: Place, broken: BrokenEdge): Promise<Outcome> {
  const { world } = place;
  place.sabotage = broken.sabotage;
  place.mistakes = [];
  await world.reset();
  await world.publish([HOST]);
  const edge = await world.start();
  await warm(edge);
  // It is broken in one thing: an edge that answers nothing would fail every test, and show nothing.
  // A cold start on a busy machine may not have waited for the store.
  let smoke = await ask(edge.url, "/");
  for (const endMs = Date.now() + SMOKE_MS; smoke.status === 404 && Date.now() < endMs; )
    smoke = await ask(edge.url, "/");
  if (smoke.status !== 200) return new Error(`Cannot go on: it answers ${smoke.status} to everything`);
  await world.reset();
  const runtime = { ...PLAIN, ...broken.claims, start: () => Promise.reject(new Error("not part of a test")) };
  const outcome = await outcomeOf(testFor(TESTS, broken)({ runtime, world, edge }), broken.hangs === true);
  const mistakes = place.mistakes.map(String);
  if (outcome !== "hung") await edge.close();
  return mistakes.length === 0 ? outcome : new Error(`Cannot tell: the harness failed: ${mistakes.join("; ")}`);
}

/** A few at a time, each in a place of its own. Not as concurrent tests: those share what `expect` remembers. */
async function outcomesOf(table: readonly BrokenEdge[]): Promise<ReadonlyMap<BrokenEdge, Outcome>> {
  const outcomes = new Map<BrokenEdge, Outcome>();
  const queue = table.values();
  const work = async () => {
    let place = await newPlace();
    for (const broken of queue) {
      outcomes.set(broken, await outcomeIn(place, broken));
      if (outcomes.get(broken) !== "hung") continue;
      // What hangs may go on: its world ends with it.
      await place.world.close();
      place = await newPlace();
    }
    await place.world.close();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return outcomes;
}

edgeRuntimeSuite({
  ...PLAIN,
  start: (options) =>
    startPlainEdge(options, {}, (error) => {
      throw error;
    }),
});

describe("edgeRuntimeTests()", () => {
  let outcomes: ReadonlyMap<BrokenEdge, Outcome>;
  beforeAll(async () => {
    outcomes = await outcomesOf(TABLE);
  }, 120_000);

  it("has something broken for each of its tests", () => expectAllTested([...TESTS.keys()], TABLE));

  for (const broken of TABLE) {
    it(`"${broken.test}" notices an edge that ${broken.does}`, () => {
      expectNoticed(broken, outcomes.get(broken) ?? new Error("Cannot tell: it was not tried"));
    });
  }
});
