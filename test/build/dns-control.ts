/** Worlds of clusters, Services and hosts for the DNS of a control function, compiled as control compiles them. */
import { compile } from "../../src/core/compile/compile.ts";
import type { DnsSettings } from "../../src/core/dns/settings.ts";
import { EVERY_NAME } from "../../src/core/dns/domain-filter.ts";
import { objectKey } from "../../src/core/objects.ts";
import { type Dns, type DnsDeps, type DnsWorld, dns } from "../../src/control/dns.ts";
import { hosts } from "../../src/control/hosts.ts";
import { hostNames } from "../../src/control/dns-names.ts";
import type { DnsProvider } from "../../src/dns/provider.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { sha256Hex } from "../../src/store/signature.ts";
import { cluster, ingress, observation, rule, service, slice } from "./objects.ts";

export interface WorldState {
  /** Name and readiness of each cluster's only Service; null for a cluster without it. */
  readonly clusters: ReadonlyMap<
    string,
    { readonly region: string; readonly address: string; readonly ready: boolean | null }
  >;
  /** Hosts that route to `web`. */
  readonly hosts: readonly string[];
  /** What was seen deleted: hosts, clusters, and Services by their cluster. */
  readonly deleted: {
    readonly hosts: readonly string[];
    readonly clusters: readonly string[];
    readonly services: readonly string[];
  };
}

export const THREE: WorldState = {
  clusters: new Map([
    ["fra", { region: "eu", address: "192.0.2.1", ready: true }],
    ["vie", { region: "eu", address: "192.0.2.2", ready: true }],
    ["nyc", { region: "us", address: "192.0.2.3", ready: true }],
  ]),
  hosts: ["shop.example.org"],
  deleted: { hosts: [], clusters: [], services: [] },
};

/** What control would see and publish. */
export function worldOf({ clusters, hosts, deleted }: WorldState, nowMs = 0): DnsWorld {
  const config = observation(
    null,
    {
      clusters: [...clusters].map(([name, { region }]) =>
        cluster(name, { region, zone: `${region}-${name}`, gateway: null }),
      ),
      ingresses: hosts.map((host) => ingress(host, { rules: [rule(host, "/", "web")] })),
    },
    {
      deleted: new Set([
        ...deleted.hosts.map((host) => objectKey("Ingress", "default", host)),
        ...deleted.clusters.map((name) => objectKey("Cluster", "", name)),
      ]),
    },
  );
  const members = [...clusters].map(([name, { address, ready }]) => {
    const balancer = service("web", { type: "LoadBalancer", loadBalancer: [{ ip: address, hostname: null }] });
    const held =
      ready === null ? {} : { services: [balancer], endpointSlices: [slice("web", ["10.0.0.1"], { ready })] };
    const gone = deleted.services.includes(name) ? [objectKey("Service", "default", "web")] : [];
    return observation(name, held, { deleted: new Set(gone) });
  });
  const { snapshot } = compile({ config, clusters: members, previous: null, allowPrivateOrigins: true, nowMs });
  return { snapshot, health: null, config, clusters: members };
}

export function controlSettings(owner: string, more: Partial<DnsSettings> = {}): DnsSettings {
  const zone = {
    name: "example.org",
    visibility: "public",
    id: null,
    provider: { type: "memory" },
    owner,
    mode: "native",
    policy: "sync",
    filter: EVERY_NAME,
    registry: {
      prefix: "",
      suffix: "",
      wildcardReplacement: "",
      oldOwner: "",
      managedTypes: ["A", "AAAA", "CNAME"],
      excludedTypes: [],
      encryptionKey: null,
    },
  } as const;
  return {
    zones: [zone],
    federation: { name: "prod", suffix: "gslb.example.org", visibility: "public" },
    originSuffix: null,
    edges: [
      {
        name: "edge",
        hostName: null,
        addresses: ["203.0.113.1"],
        location: null,
        latencyRegion: null,
        bias: 0,
        aliasZoneId: null,
      },
    ],
    ttlSeconds: 30,
    hosts: [],
    ...more,
  };
}

export interface TestControl extends Dns {
  readonly deps: DnsDeps;
  /** Moves this control's clock, so that what waits for its time comes. */
  advance(ms: number): void;
  /** A round, and the work that comes of it. */
  step(state: WorldState): Promise<void>;
}

/** A control function's DNS over one zone. Two of them with one store are replicas. */
export function testControl(provider: DnsProvider, owner: string, more: Partial<DnsDeps> = {}): TestControl {
  let ahead = 0;
  const settings = more.settings ?? controlSettings(owner);
  const now = () => 1_790_000_000_000 + ahead;
  const store = more.store ?? memoryStore();
  const deps: DnsDeps = {
    store,
    orders: store,
    settings,
    zones: settings.zones.map((one) => ({ settings: one, provider })),
    writer: owner,
    names: hostNames(async () => null, now),
    hosts: hosts([], { store, now, onChange: () => undefined, log: () => undefined, isElsewhere: true }),
    digest: sha256Hex,
    now,
    onEvent: () => undefined,
    ...more,
  };
  const control = dns(deps);
  return {
    ...control,
    deps,
    advance(ms) {
      ahead += ms;
    },
    async step(state) {
      ahead += 120_000;
      await control.round(worldOf(state, now()));
      await control.settled();
    },
  };
}
