/** What every edge runtime must do, whatever it is made of. One call per runtime; gaps are declared with their reason. */
import { afterAll, beforeAll, beforeEach, describe, it } from "vitest";
import { eventually } from "../scenarios/until.ts";
import { ask } from "./edge-client.ts";
import { asksTests } from "./edge-runtime/asks.ts";
import { failoverTests } from "./edge-runtime/failover.ts";
import { relayTests } from "./edge-runtime/relay.ts";
import { requestTests } from "./edge-runtime/requests.ts";
import { snapshotTests } from "./edge-runtime/snapshots.ts";
import { streamingTests } from "./edge-runtime/streaming.ts";
import { type EdgeWorld, HOST, type RunningEdge, type RuntimeUnderTest, startEdgeWorld } from "./edge-world.ts";

export interface Suite {
  readonly runtime: RuntimeUnderTest;
  readonly world: EdgeWorld;
  /** Serves HOST with the three clusters. Ejections of an earlier test are gone: each test has a fresh edge. */
  readonly edge: RunningEdge;
}

/** Takes a test of the suite. */
export type Register = (name: string, run: (suite: Suite) => Promise<void>) => void;

/** Every test of the suite, in order. */
export function edgeRuntimeTests(test: Register): void {
  requestTests(test);
  failoverTests(test);
  streamingTests(test);
  relayTests(test);
  snapshotTests(test);
  asksTests(test);
}

/** A test that this runtime cannot pass, and why. */
export interface Gap {
  readonly reason: string;
  readonly tests: readonly string[];
}

/** Waits for the first snapshot: a cold start may be over before it is here, and the tests begin after it. */
export async function warm(edge: RunningEdge): Promise<void> {
  await eventually(
    () => ask(edge.url, "/", { host: "nobody.example.org" }),
    (answer) => answer.status === 404,
  );
}

/** Runs everything against one runtime. */
export function edgeRuntimeSuite(runtime: RuntimeUnderTest, gaps: readonly Gap[] = []): void {
  describe(`edge on ${runtime.name}`, () => {
    let world: EdgeWorld;
    let edge: RunningEdge;
    beforeAll(async () => {
      world = await startEdgeWorld(runtime);
      await world.publish([HOST]);
    }, 60_000);
    beforeEach(async (context) => {
      const gap = gaps.find((one) => one.tests.includes(context.task.name));
      if (gap !== undefined) return context.skip(gap.reason);
      await world.reset();
      edge = await world.start();
      await warm(edge);
      return edge.close;
    }, 60_000);
    afterAll(() => world.close());
    const names = new Set<string>();
    edgeRuntimeTests((name, run) => {
      names.add(name);
      it(name, () => run({ runtime, world, edge }));
    });
    // A gap that outlived its test would hide nothing today, and something else after the next renaming.
    for (const name of gaps.flatMap(({ tests }) => tests)) {
      if (!names.has(name)) throw new Error(`Cannot declare a gap: the suite has no test named "${name}"`);
    }
  });
}
