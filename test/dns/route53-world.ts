import type { RecordSet } from "../../src/core/dns/records.ts";
import type { Time } from "../../src/dns/pace.ts";
import { route53 } from "../../src/dns/route53.ts";
import type { RunningDns } from "../conformance/dns-provider.ts";
import { recordSet } from "../build/dns.ts";
import { keyOf, normaliseName, type StoredSet } from "./route53-emulator/record-set.ts";
import { type Emulator, type EmulatorOptions, startRoute53 } from "./route53-emulator/server.ts";
import { virtualTime } from "./virtual-time.ts";

export interface Route53World extends RunningDns {
  readonly emulator: Emulator;
  readonly time: Time;
}

const CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI" };

/** The SDK's own client against the emulator; both share one clock, so that their buckets fill together. */
export async function route53World(options: EmulatorOptions = {}): Promise<Route53World> {
  const time = virtualTime();
  const emulator = await startRoute53({ now: time.now, changeLimit: { burst: 1000, perSecond: 500 }, ...options });
  const hosted = emulator.addZone("example.org");
  const provider = () => route53({ client: { endpoint: emulator.url, credentials: CREDENTIALS }, time });
  return {
    emulator,
    time,
    provider: provider(),
    other: provider(),
    zone: { name: "example.org", visibility: "public", id: hosted.id },
    async seed(sets) {
      const stored = sets.map(storedSet);
      hosted.sets = new Map([...hosted.sets, ...stored.map((set) => [keyOf(set), set] as const)]);
    },
    history: () => emulator.history.map((state) => state.map(seenSet)),
    faults: {
      loseAnswers(count) {
        emulator.trouble.lose = count;
      },
      throttle(count) {
        emulator.trouble.throttle = count;
      },
    },
    close: emulator.close,
  };
}

/** As somebody's console would have written it: for simple and weighted sets, which is what tests seed. */
export function storedSet(set: RecordSet): StoredSet {
  const { type, setIdentifier, policy } = set;
  return {
    name: normaliseName(set.name),
    type,
    setIdentifier,
    weight: policy?.type === "weighted" ? policy.weight : null,
    region: null,
    geoLocation: null,
    geoProximity: null,
    failover: null,
    multiValue: false,
    ttl: set.ttlSeconds,
    values: set.values,
    alias: null,
    healthCheckId: null,
  };
}

/** Enough of a set to see whether it is there and has values. */
function seenSet(set: StoredSet): RecordSet {
  const name = set.name.slice(0, -1).replace("\\052", "*");
  return recordSet(name, set.type, set.values, { ttlSeconds: set.ttl });
}
