import { type RecordSet, recordKey, type Zone } from "../../src/core/dns/records.ts";
import { type MemoryZones, memoryDns, memoryZones } from "../../src/dns/memory.ts";
import type { DnsProvider } from "../../src/dns/provider.ts";
import type { RunningDns } from "../conformance/dns-provider.ts";
import { virtualTime } from "./virtual-time.ts";

export const ZONE: Zone = { name: "example.org", visibility: "public", id: "zone-1" };

/** Memory with a line to it that can be watched and disturbed; `breakIt` makes a variant that is wrong somewhere. */
export function memoryWorld(
  breakIt: (provider: DnsProvider, zones: MemoryZones) => DnsProvider = (one) => one,
): RunningDns {
  const truth = memoryZones(ZONE);
  const states: (readonly RecordSet[])[] = [];
  let lost = 0;
  let throttled = 0;
  const turnAway = () => {
    if (throttled === 0) return;
    throttled -= 1;
    throw new Error("Rate exceeded");
  };
  const line: MemoryZones = {
    zones: truth.zones,
    async read(id) {
      turnAway();
      return await truth.read(id);
    },
    async swap(id, expected, next) {
      turnAway();
      const swapped = await truth.swap(id, expected, next);
      if (swapped) states.push([...next.values()]);
      if (lost === 0) return swapped;
      lost -= 1;
      throw new Error("socket hang up");
    },
  };
  const provider = () => breakIt(memoryDns(line, { time: virtualTime() }), line);
  return {
    provider: provider(),
    other: provider(),
    zone: ZONE,
    async seed(sets) {
      const current = (await truth.read(ZONE.id)) ?? new Map<string, RecordSet>();
      const next = new Map([...current, ...sets.map((set) => [recordKey(set), set] as const)]);
      await truth.swap(ZONE.id, current, next);
    },
    history: () => states,
    faults: {
      loseAnswers(count) {
        lost = count;
      },
      throttle(count) {
        throttled = count;
      },
    },
    close: async () => undefined,
  };
}
