import { describe, expect, it } from "vitest";
import type { PlanInput } from "../../src/core/dns/plan-input.ts";
import {
  type ClusterAddresses,
  federatedServiceRecords,
  type FederatedServiceOptions,
  namesOfCluster,
} from "../../src/core/dns/federated-service.ts";
import {
  federatedStatus,
  federationZoneProblem,
  inClusterTarget,
  readServiceIngresses,
  SERVICE_INGRESSES,
  type ServiceIngress,
  serviceIngressesText,
} from "../../src/core/dns/federation-v1.ts";
import { ingressDnsRecords, serviceDnsRecords } from "../../src/core/dns/kubefed.ts";
import { planZone } from "../../src/core/dns/plan.ts";
import type { RecordSet } from "../../src/core/dns/records.ts";
import { subjectOfRegistry } from "../../src/core/dns/registry.ts";
import type { LoadBalancerAddress } from "../../src/core/objects.ts";
import { appliedAll, EVERYTHING, planInput, wish } from "../core/dns/zone.ts";
import { sharedCases } from "./shared.ts";

interface WireAddress {
  readonly ip?: string;
  readonly hostname?: string;
}
interface Step {
  readonly op: "add" | "update" | "delete";
  readonly annotation?: Record<string, unknown>;
  readonly clusterAddresses?: Record<string, string[] | null>;
  readonly expectRecords: { name: string; type: string; ttl: number; data: string[] }[];
  readonly expectMutations?: number;
  readonly expectErrors?: number;
}
interface V1Case {
  readonly id: string;
  readonly config: {
    readonly federation: string;
    readonly service: string;
    readonly namespace: string;
    readonly suffix: string;
    readonly dnsZone: string;
    readonly serviceType: string;
  };
  readonly clusters: Record<string, { region: string; zones: string[] }>;
  readonly dnsLookup: Record<string, string[]>;
  readonly steps: Step[];
}
interface V2Cluster {
  readonly cluster: string;
  readonly zones?: string[];
  readonly region?: string;
  readonly loadBalancer?: WireAddress[];
}
interface V2Endpoint {
  readonly dnsName: string;
  readonly recordType: string;
  readonly recordTTL: number;
  readonly targets: string[];
  readonly labels?: Record<string, string>;
}
interface V2Case<Spec> {
  readonly id: string;
  readonly input: { name: string; namespace: string; spec: Spec; status: { domain?: string; dns: V2Cluster[] } };
  readonly dnsLookup: Record<string, string[]>;
  readonly expect: { endpoints?: V2Endpoint[]; error?: boolean };
}
interface Cases {
  readonly v1: V1Case[];
  readonly v1Init: {
    id: string;
    input: {
      federationName: string;
      providerZones: string[];
      zoneName: string;
      zoneId: string;
      serviceDnsSuffix: string;
      providerExists: boolean;
    };
    expect: { error: boolean };
  }[];
  readonly v1ServiceController: { id: string; steps: { do: string; expect: unknown }[] }[];
  readonly v2Service: V2Case<{ domainRef: string; recordTTL?: number; dnsPrefix?: string; externalName?: string }>[];
  readonly v2Ingress: V2Case<{ hosts: string[]; recordTTL?: number }>[];
  readonly inClusterNames: { cases: { id: string; mustResolve?: string[]; mustNeverResolve?: string[] }[] };
}

const cases = sharedCases<Cases>("service_dns.json");

function address(wire: WireAddress): LoadBalancerAddress {
  return { ip: wire.ip ?? null, hostname: wire.hostname ?? null };
}

/** What a step says each cluster offers: the annotation if there is one, else plain addresses. */
function offered(step: Step): readonly ServiceIngress[] | null {
  const annotation = step.annotation?.[SERVICE_INGRESSES];
  if (annotation !== undefined) {
    return readServiceIngresses(typeof annotation === "string" ? annotation : JSON.stringify(annotation));
  }
  if (step.clusterAddresses === undefined) return null;
  return Object.entries(step.clusterAddresses).map(([cluster, list]) => ({
    cluster,
    addresses: (list ?? []).map((text) =>
      /^[\d.]+$|:/.test(text) ? { ip: text, hostname: null } : { ip: null, hostname: text },
    ),
  }));
}

function v1Options(lookup: Record<string, string[]>): FederatedServiceOptions {
  return {
    ttlSeconds: 180,
    capabilities: { ...EVERYTHING, policies: [] },
    resolved: new Map(Object.entries(lookup)),
    alwaysResolve: true,
    zoneNames: "first",
    whenEmpty: "chain",
  };
}

function shown(sets: readonly RecordSet[]): unknown[] {
  return sets
    .filter((set) => subjectOfRegistry(set.name) === null)
    .map(({ name, type, ttlSeconds, values }) => ({ name, type, ttl: ttlSeconds, data: values }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

describe("service_dns.json: federation v1, through the planner", () => {
  it.each(cases.v1)("$id", ({ config, clusters, dnsLookup, steps }) => {
    const name = { ...config, suffix: config.suffix === "" ? config.dnsZone : config.suffix };
    const zone: PlanInput["zone"] = { name: config.dnsZone.replace(/\.$/, ""), visibility: "public", id: "Z1" };
    let current: readonly RecordSet[] = [];
    for (const step of steps) {
      const list = step.op === "delete" || config.serviceType !== "LoadBalancer" ? [] : (offered(step) ?? []);
      const members = list.map(({ cluster, addresses }): ClusterAddresses => {
        const place = clusters[cluster];
        return { cluster, region: place?.region ?? null, zones: place?.zones ?? [], addresses };
      });
      const records = federatedServiceRecords(name, members, v1Options(dnsLookup));
      const plan = planZone(
        planInput({
          zone,
          current,
          desired: records.sets.map((set) => wish(set)),
          keep: new Set(records.keep),
          // Federation v1 let the last name end in NXDOMAIN; who runs in this mode has approved of that.
          isApproved: () => true,
        }),
      );
      current = appliedAll(current, plan.changes);
      expect(plan.conflicts).toEqual([]);
      expect(shown(current)).toEqual(step.expectRecords.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
      if (step.expectMutations !== undefined) expect(plan.changes.length).toBe(step.expectMutations);
      // One error for each cluster whose pass meets a name that cannot be decided.
      const failed = members.filter((one) =>
        namesOfCluster(name, { ...one, zones: one.zones.slice(0, 1) }).some((at) => records.keep.includes(at)),
      );
      expect(failed.length).toBe(step.expectErrors ?? 0);
    }
  });

  it.each(cases.v1Init)("$id", ({ input, expect: expected }) => {
    const zones = input.providerExists
      ? input.providerZones.map((name, index) => ({ id: String(index + 1), name }))
      : null;
    const problem = federationZoneProblem({
      federation: input.federationName,
      zoneName: input.zoneName,
      zoneId: input.zoneId,
      suffix: input.serviceDnsSuffix,
      zones,
    });
    expect(problem !== null, problem ?? "no problem").toBe(expected.error);
  });

  it.each(cases.v1ServiceController)("$id: status and annotation", ({ steps }) => {
    const addresses = new Map<string, LoadBalancerAddress[]>();
    const ready = new Set<string>();
    const lists = (all: boolean): ServiceIngress[] =>
      [...addresses].map(([cluster, list]) => ({ cluster, addresses: all || ready.has(cluster) ? list : [] }));
    let checked = 0;
    for (const step of steps) {
      const balancer = /^(\S+) service status\.loadBalancer\.ingress=\[\{ip:([\d.]+)\}\]$/.exec(step.do);
      if (balancer !== null) addresses.set(balancer[1] ?? "", [{ ip: balancer[2] ?? "", hostname: null }]);
      const created = /^(\S+) Endpoints .*created with address/.exec(step.do);
      if (created !== null) ready.add(created[1] ?? "");
      const deleted = /^(\S+) Endpoints deleted/.exec(step.do);
      if (deleted !== null) ready.delete(deleted[1] ?? "");
      const wanted = step.expect as {
        federatedStatusIngress?: WireAddress[];
        annotation?: string;
        annotationSemantics?: Record<string, WireAddress[]>;
      };
      if (wanted.federatedStatusIngress !== undefined) {
        expect(federatedStatus(lists(true))).toEqual(wanted.federatedStatusIngress.map(address));
        checked += 1;
      }
      // The annotation lists a cluster from the moment its Service is known to DNS: with its first ready endpoint.
      const known = lists(false).filter((one) => one.addresses.length > 0 || wanted.annotationSemantics !== undefined);
      if (wanted.annotation !== undefined) {
        expect(serviceIngressesText(known)).toBe(wanted.annotation);
        checked += 1;
      }
      if (wanted.annotationSemantics !== undefined) {
        const read = readServiceIngresses(serviceIngressesText(known)) ?? [];
        const semantics = Object.fromEntries(read.map((one) => [one.cluster, one.addresses]));
        const listed = Object.entries(wanted.annotationSemantics).map(([cluster, list]) => [
          cluster,
          list.map(address),
        ]);
        expect(semantics).toEqual(Object.fromEntries(listed));
        checked += 1;
      }
    }
    expect(checked).toBe(5);
  });
});

describe("service_dns.json: kubefed", () => {
  it.each(cases.v2Service)("$id", ({ input, dnsLookup, expect: expected }) => {
    const { spec, status } = input;
    const records = serviceDnsRecords(
      {
        name: input.name,
        namespace: input.namespace,
        domainRef: spec.domainRef,
        domain: status.domain ?? "",
        recordTTL: spec.recordTTL ?? null,
        dnsPrefix: spec.dnsPrefix ?? null,
        externalName: spec.externalName ?? null,
        clusters: status.dns.map((one) => ({
          cluster: one.cluster,
          region: one.region ?? null,
          zones: one.zones ?? [],
          addresses: (one.loadBalancer ?? []).map(address),
        })),
      },
      new Map(Object.entries(dnsLookup)),
    );
    const isError = expected.error === true;
    expect(records === null).toBe(isError);
    if (records === null) return;
    const labels = records.serviceName === null ? {} : { serviceName: records.serviceName };
    const prefixed = spec.dnsPrefix === undefined ? null : `${spec.dnsPrefix}.${status.domain ?? ""}`;
    const found = records.sets.map((set) => endpoint(set, set.name === prefixed ? {} : labels));
    expect(found).toEqual((expected.endpoints ?? []).map(normal));
  });

  it.each(cases.v2Ingress)("$id", ({ input, dnsLookup, expect: expected }) => {
    const addresses = input.status.dns.flatMap((one) => (one.loadBalancer ?? []).map(address));
    const resolved = new Map(Object.entries(dnsLookup));
    const sets = ingressDnsRecords(input.spec.hosts, input.spec.recordTTL ?? null, addresses, resolved);
    expect(sets === null).toBe(expected.error === true);
    expect((sets ?? []).map((set) => endpoint(set, {}))).toEqual((expected.endpoints ?? []).map(normal));
  });
});

function endpoint(set: RecordSet, labels: Record<string, string>): Required<V2Endpoint> {
  const { name, type, ttlSeconds, values } = set;
  return { dnsName: name, recordType: type, recordTTL: ttlSeconds ?? 0, targets: [...values], labels };
}

function normal(wire: V2Endpoint): Required<V2Endpoint> {
  const { dnsName, recordType, recordTTL, targets, labels = {} } = wire;
  return { dnsName, recordType, recordTTL, targets: targets.toSorted(), labels };
}

describe("service_dns.json: names inside a cluster", () => {
  const node = { zone: "z1", region: "eu", clusterDomain: "cluster.local" };
  const federations = new Map([["prod", "example.org"]]);
  // The search path of a pod in the namespace "shop" makes these questions of the short names.
  const question = (name: string): string => {
    const full = name.replace("<svc>", "web").replace("<ns>", "shop").replace("<fed>", "prod");
    if (full.endsWith(".")) return full;
    return full.split(".").length === 1 ? `${full}.shop.svc.cluster.local.` : `${full}.svc.cluster.local.`;
  };

  it.each(cases.inClusterNames.cases)("$id", ({ mustResolve = [], mustNeverResolve = [] }) => {
    for (const name of mustResolve) {
      const isFederated = name.includes("<fed>");
      const target = inClusterTarget(question(name), node, federations);
      expect(target, name).toBe(isFederated ? "web.shop.prod.svc.z1.eu.example.org" : null);
    }
    // A local name stays the cluster's own business: it is never turned into a federated one.
    for (const name of mustNeverResolve) expect(inClusterTarget(question(name), node, federations), name).toBeNull();
  });
});
