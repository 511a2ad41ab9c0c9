/** What every DNS provider must do, whoever is on its far side. One call per provider; gaps are declared with a reason. */
import { beforeEach, describe, it } from "vitest";
import type { RecordSet, Zone } from "../../src/core/dns/records.ts";
import type { DnsProvider } from "../../src/dns/provider.ts";
import { changeTests } from "./dns-provider/changes.ts";
import { faultTests } from "./dns-provider/faults.ts";
import { isolationTests } from "./dns-provider/isolation.ts";
import { listingTests } from "./dns-provider/listing.ts";
import { policyTests } from "./dns-provider/policies.ts";

/** A running far side with one zone, `example.org`, that holds its apex and nothing else. */
export interface RunningDns {
  readonly provider: DnsProvider;
  /** Another control's provider of the same zone. */
  readonly other: DnsProvider;
  readonly zone: Zone;
  /** Somebody else's hand, not through a provider: the sets of these keys become exactly this. */
  seed(sets: readonly RecordSet[]): Promise<void>;
  /** The zone after each write that the far side took, oldest first; null where it cannot be watched. */
  history(): readonly (readonly RecordSet[])[] | null;
  /** How to make trouble between provider and far side; null where the harness cannot. */
  readonly faults: DnsFaults | null;
  close(): Promise<void>;
}

export interface DnsFaults {
  /** The next `count` writes are carried out, and their answers never arrive. */
  loseAnswers(count: number): void;
  /** The next `count` requests are turned away for now. */
  throttle(count: number): void;
}

export interface DnsUnderTest {
  readonly name: string;
  /** Called before each test. */
  start(): Promise<RunningDns>;
}

/** Takes a test of the suite. */
export type Register = (name: string, run: (dns: RunningDns) => Promise<void>) => void;

/** Every test of the suite, in order. */
export function dnsProviderTests(test: Register): void {
  listingTests(test);
  changeTests(test);
  isolationTests(test);
  policyTests(test);
  faultTests(test);
}

/** Tests that this provider cannot pass, and why. */
export interface Gap {
  readonly reason: string;
  readonly tests: readonly string[];
}

/** Runs everything against one provider. */
export function dnsProviderSuite(provider: DnsUnderTest, gaps: readonly Gap[] = []): void {
  describe(`dns provider ${provider.name}`, () => {
    let running: RunningDns;
    const names: string[] = [];
    beforeEach(async (context) => {
      const gap = gaps.find((one) => one.tests.includes(context.task.name));
      if (gap !== undefined) return context.skip(gap.reason);
      running = await provider.start();
      return running.close;
    }, 60_000);
    dnsProviderTests((name, run) => {
      names.push(name);
      it(name, () => run(running), 60_000);
    });
    it("declares no gap for a test that does not exist", () => {
      const unknown = gaps.flatMap((gap) => gap.tests).filter((name) => !names.includes(name));
      if (unknown.length > 0) throw new Error(`Cannot find the tests of these gaps: ${unknown.join("; ")}`);
    });
  });
}
