/** A suite is tested by things that are broken on purpose: each of its tests must fail against one of them. */
import { expect } from "vitest";

/** One thing wrong, and the test of the suite that is there to notice it. */
export interface Broken {
  readonly test: string;
  /** What it does wrong, as a verb: "retries a POST". */
  readonly does: string;
  /** Whether the test then waits for something that never comes, instead of seeing something wrong. */
  readonly hangs?: boolean;
}

export type Outcome = "passed" | "hung" | Error;

/** How long a test that is expected to hang may take: most end in a tenth of it against what is not broken. */
const HANG_MS = 2500;

/** How a test of a suite ended. One that hangs goes on in the background: nothing it uses may be used again. */
export async function outcomeOf(run: Promise<void>, mayHang: boolean): Promise<Outcome> {
  const ended = run.then(
    (): Outcome => "passed",
    (error: unknown): Outcome => (error instanceof Error ? error : new Error(String(error))),
  );
  if (!mayHang) return await ended;
  const { promise: hung, resolve } = Promise.withResolvers<Outcome>();
  const timer = setTimeout(() => resolve("hung"), HANG_MS);
  return await Promise.race([ended, hung]).finally(() => clearTimeout(timer));
}

/** Fails unless the test noticed: by an assertion of its own, or by hanging where that was said beforehand. */
export function expectNoticed({ hangs = false }: Broken, outcome: Outcome): void {
  if (hangs) {
    expect(outcome).toBe("hung");
    return;
  }
  // Any other error would be one of the broken thing, or of this harness. Of a missing text vitest complains in person.
  expect(String(outcome)).toMatch(/^(AssertionError: |TypeError: \.toMatch\(\) expects to receive a string)/);
}

/** Fails when a test of the suite has no broken thing, or a broken thing names no test. */
export function expectAllTested(tests: readonly string[], table: readonly Broken[]): void {
  const named = new Set(table.map(({ test }) => test));
  expect(tests.filter((test) => !named.has(test))).toEqual([]);
  expect([...named].filter((test) => !tests.includes(test))).toEqual([]);
  expect(new Set(table.map(({ test, does }) => `${test}: ${does}`)).size).toBe(table.length);
}

/** The tests of a suite by name. */
export function collected<Given>(
  suite: (test: (name: string, run: (given: Given) => Promise<void>) => void) => void,
): ReadonlyMap<string, (given: Given) => Promise<void>> {
  const tests = new Map<string, (given: Given) => Promise<void>>();
  suite((name, run) => {
    if (tests.has(name)) throw new Error(`Cannot collect the suite: it has two tests named "${name}"`);
    tests.set(name, run);
  });
  return tests;
}

/** The test that a broken thing is for; fails the caller's test when there is none. */
export function testFor<Given>(
  tests: ReadonlyMap<string, (given: Given) => Promise<void>>,
  broken: Broken,
): (given: Given) => Promise<void> {
  const run = tests.get(broken.test);
  if (run === undefined) throw new Error(`Cannot test the suite: it has no test named "${broken.test}"`);
  return run;
}
