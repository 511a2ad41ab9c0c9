/** L16: everything goes wrong at once, by a seed, and nothing is lost, doubled or sent too fast. */
import { describe, expect, it } from "vitest";
import type { DnsChange } from "../../src/core/dns/records.ts";
import { create, recordSet, remove, replace } from "../build/dns.ts";
import { random } from "../build/random.ts";
import { route53World } from "./route53-world.ts";

const owner = (index: number) => recordSet(`_o.h${index}.example.org`, "TXT", ['"heritage=portolan"']);
const host = (index: number, last: number) => recordSet(`h${index}.example.org`, "A", [`192.0.2.${last}`]);
/** Changes of one round: two sets each, some new, some changed, some removed. */
function round(ours: Map<number, number>, count: number, next: () => number): readonly DnsChange[] {
  return Array.from({ length: count }, (_, index): DnsChange => {
    const value = 1 + Math.floor(next() * 250);
    const old = ours.get(index);
    if (old === undefined) {
      ours.set(index, value);
      return create(host(index, value), owner(index));
    }
    if (next() < 0.2) {
      ours.delete(index);
      return remove(host(index, old), owner(index));
    }
    ours.set(index, value);
    return replace([host(index, old), owner(index)], [host(index, value), owner(index)]);
  });
}

describe("route53() when everything goes wrong", () => {
  it.each([1, 2])(
    "ends with exactly the wanted zone (seed %i)",
    async (seed) => {
      const next = random(seed);
      const world = await route53World({ processing: async () => trouble() });
      const { emulator, provider, zone, faults } = world;
      /** While a change is worked on, what comes next is decided: throttling, 503, a busy zone, a lost answer. */
      function trouble(): void {
        emulator.trouble.throttle = next() < 0.4 ? 1 + Math.floor(next() * 9) : 0;
        emulator.trouble.break = next() < 0.3 ? 1 : 0;
        emulator.trouble.prior = next() < 0.2 ? 1 : 0;
        if (next() < 0.3) faults?.loseAnswers(1);
      }
      const ours = new Map<number, number>();
      for (let at = 0; at < 4; at += 1) {
        const changes = round(ours, 600, next).filter(
          (change) => JSON.stringify(change.before) !== JSON.stringify(change.after),
        );
        const outcomes = await provider.apply(zone, changes);
        expect(outcomes.filter((outcome) => outcome.status !== "applied")).toEqual([]);
      }
      Object.assign(emulator.trouble, { throttle: 0, break: 0, prior: 0, lose: 0 });
      const found = (await provider.list(zone)).filter((set) => set.type === "A");
      expect(new Map(found.map((set) => [set.name, set.values[0]]))).toEqual(
        new Map([...ours].map(([index, value]) => [`h${index}.example.org`, `192.0.2.${value}`])),
      );
      await world.close();
    },
    120_000,
  );

  it("makes at most 1.2 times the calls that a zone of 9,900 record sets needs, with an answer lost in ten", async () => {
    const world = await route53World();
    const { emulator, provider, zone, faults } = world;
    const ours = new Map<number, number>();
    faults?.loseAnswers(1);
    const outcomes = await provider.apply(zone, round(ours, 4950, random(7)));
    expect(outcomes.every((outcome) => outcome.status === "applied")).toBe(true);
    const made = [...emulator.calls]
      .filter(([name]) => name !== "throttled")
      .reduce((sum, [, count]) => sum + count, 0);
    const needed = Math.ceil((4950 * 2) / 1000);
    expect(made / needed).toBeLessThanOrEqual(1.2);
    await world.close();
  }, 120_000);
});
