/**
 * Any provider of external-dns, by its webhook protocol: Portolan is the client, the provider's own webhook process the
 * server. Unfenced, and one request is whatever the process makes of it; a batch that it refuses is sent in halves,
 * since an error names no record.
 */
import { PLAIN_RECORDS } from "../core/dns/capabilities.ts";
import { endpointOf, recordSetOf } from "../core/dns/endpoint-set.ts";
import type { Endpoint, EndpointChanges } from "../core/dns/endpoint.ts";
import { isWithin } from "../core/dns/names.ts";
import type { DnsCapabilities, DnsChange, RecordSet, Zone } from "../core/dns/records.ts";
import { packBatches } from "./batches.ts";
import { requestOnce, type HttpAnswer } from "./http.ts";
import { applyInside } from "./inside-zone.ts";
import { type Attempt, PATIENCE, type Patience, patiently, realTime, type Time, tokenBucket } from "./pace.ts";
import type { DnsProvider } from "./provider.ts";
import type { WriteResult } from "./settle.ts";
import { byKey, type RecordMap, sameSet, sortByKey, sortZones, stepsOf } from "./standing.ts";
import { applyUnfenced } from "./unfenced.ts";
import { changesJson, MEDIA_TYPE, parseEndpoints } from "./webhook/json.ts";

export interface WebhookOptions {
  /** `http://localhost:8888`, external-dns' own default. */
  readonly url?: string;
  /** Zones that the process serves; the protocol knows domains only, and only as a filter. */
  readonly zones: readonly Pick<Zone, "name" | "visibility">[];
  readonly timeoutMs?: number;
  readonly time?: Time;
  readonly patience?: Patience;
  readonly changesPerRequest?: number;
}

/** A process answers 500 for what is broken as for what is wrong; so often it is asked before we believe the latter. */
const TRIES_OF_500 = 3;

export function externalDnsWebhook(options: WebhookOptions): DnsProvider {
  const { url = "http://localhost:8888", timeoutMs = 60_000, changesPerRequest = 500 } = options;
  const { time = realTime, patience = PATIENCE } = options;
  const bucket = tokenBucket({ burst: 20, perSecond: 5 }, time);
  const headers = { accept: MEDIA_TYPE, "content-type": MEDIA_TYPE };

  async function request(method: "GET" | "POST", path: string, body: unknown): Promise<Attempt<HttpAnswer>> {
    return await requestOnce({ method, url: `${url}${path}`, headers, body, timeoutMs }, bucket);
  }

  async function list(zone: Zone): Promise<readonly RecordSet[]> {
    const what = `Cannot list the zone "${zone.name}" of the webhook ${url}`;
    if (!options.zones.some((one) => one.name === zone.name)) throw new Error(`${what}: it is none of its zones`);
    const result = await patiently(() => request("GET", "/records", null), time, patience);
    if (!result.done) throw new Error(`${what}: ${result.cause}`);
    const { status, body, contentType } = result.value;
    if (status !== 200 || !contentType.startsWith("application/external.dns.webhook+json")) {
      throw new Error(`${what}: it answers HTTP ${status} with "${contentType}"`);
    }
    const endpoints = parseEndpoints(JSON.stringify(body));
    if (!endpoints.ok) throw new Error(`${what}: ${endpoints.problem}`);
    // A name of a delegated zone that is served too belongs there.
    const closer = options.zones.filter((one) => one.name !== zone.name && isWithin(one.name, zone.name));
    const sets = endpoints.value.map(setOf);
    return sortByKey(
      sets.filter((set) => isWithin(set.name, zone.name) && !closer.some((one) => isWithin(set.name, one.name))),
    );
  }

  async function send(zone: Zone, batch: readonly DnsChange[], current: RecordMap): Promise<Attempt<WriteResult>> {
    const body: unknown = JSON.parse(changesJson(wireChanges(batch, current)));
    for (let tries = 1; ; tries += 1) {
      const result = await request("POST", "/records", body);
      const isRefused = !result.done && result.cause.startsWith("HTTP 500");
      if (!result.done && !isRefused) return result;
      if (result.done && result.value.status === 204) return { done: true, value: { status: "ok" } };
      const cause = result.done ? `HTTP ${result.value.status}` : result.cause;
      const message = `Cannot change the zone "${zone.name}" of the webhook ${url}: ${cause}`;
      if (!isRefused || tries === TRIES_OF_500) {
        return { done: true, value: { status: "refused", message, minded: [], again: false } };
      }
      await time.sleep(Math.ceil(1000 * (0.5 + time.random())));
    }
  }

  return {
    name: `webhook ${url}`,
    capabilities: CAPABILITIES,
    list,
    zones: async () => sortZones(options.zones.map((zone) => ({ ...zone, id: zone.name }))),
    apply: (zone, changes) =>
      applyInside(zone, changes, (inside) =>
        applyUnfenced(
          inside,
          {
            read: async () => byKey(await list(zone)),
            pack: (some) =>
              packBatches(some, () => ({ changes: 1, values: 0, bytes: 0 }), {
                changes: changesPerRequest,
                values: 1,
                bytes: 1,
              }),
            send: (batch, current) => send(zone, batch, current),
          },
          { time, patience },
        ),
      ),
  };
}

/** What is still to be done, in external-dns' words; what stands already is left out. */
function wireChanges(changes: readonly DnsChange[], current: RecordMap): EndpointChanges {
  const wire = {
    create: [] as Endpoint[],
    updateOld: [] as Endpoint[],
    updateNew: [] as Endpoint[],
    delete: [] as Endpoint[],
  };
  for (const { key, to } of changes.flatMap((change) => stepsOf(change))) {
    const there = current.get(key) ?? null;
    if (sameSet(there, to)) continue;
    if (there === null && to !== null) wire.create.push(endpointOf(to));
    if (there !== null && to === null) wire.delete.push(endpointOf(there));
    if (there === null || to === null) continue;
    wire.updateOld.push(endpointOf(there));
    wire.updateNew.push(endpointOf(to));
  }
  return wire;
}

/** What cannot be understood is still there, and somebody's. */
function setOf(endpoint: Endpoint): RecordSet {
  const set = recordSetOf(endpoint, 0);
  if (set !== null) return endpoint.recordTTL === 0 ? { ...set, ttlSeconds: null } : set;
  const isSimple = endpoint.setIdentifier === "";
  return {
    name: endpoint.dnsName.toLowerCase(),
    type: endpoint.recordType,
    ttlSeconds: endpoint.recordTTL === 0 ? null : endpoint.recordTTL,
    values: [...new Set(endpoint.targets)].sort(),
    setIdentifier: isSimple ? null : endpoint.setIdentifier,
    policy: isSimple ? null : { type: "opaque", text: JSON.stringify(endpoint.providerSpecific) },
    healthCheckId: null,
    alias: null,
    properties: [],
  };
}

const CAPABILITIES: DnsCapabilities = {
  ...PLAIN_RECORDS,
  provider: "external-dns webhook",
  atomicity: "record-set",
  fence: "unfenced",
};
