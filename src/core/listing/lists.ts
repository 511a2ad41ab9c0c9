/** The resources of the running system from its last reconcile; pure. */
import { ownershipOf } from "../compile/ingress.ts";
import { rfc3339 } from "../rfc3339.ts";
import type { HealthOverlay } from "../health/model.ts";
import type { WaitsFor } from "../hosts/host-status.ts";
import { compareText } from "../match-route.ts";
import type { Snapshot } from "../model.ts";
import type { IngressObject, LoadBalancerAddress, Observation } from "../objects.ts";
import type { StatusReport } from "../status.ts";
import { type BackendItem, type ClusterItem, type IngressItem, type ResourceLists, statusAddress } from "./resource.ts";

export interface ListingInput {
  readonly report: StatusReport;
  readonly snapshot: Snapshot | null;
  readonly overlay: HealthOverlay | null;
  /** What the last reconcile saw: the config source and the members. */
  readonly observed: readonly Observation[];
  /** Where users reach the edges. */
  readonly edgeAddresses: readonly LoadBalancerAddress[];
  /** What hosts wait for before DNS may lead to an edge. */
  readonly waitsFor: WaitsFor;
}

/** All lists, each sorted by namespace and name. */
export function resourceLists(input: ListingInput): ResourceLists {
  return { clusters: clusters(input), ingresses: ingresses(input), backends: backends(input) };
}

function clusters({ report, snapshot, overlay, observed }: ListingInput): readonly ClusterItem[] {
  const objects = new Map(
    observed.filter((one) => one.cluster === null).flatMap((one) => one.objects.clusters.map((c) => [c.meta.name, c])),
  );
  return report.clusters.map((status): ClusterItem => {
    const cluster = snapshot?.clusters.find((one) => one.name === status.cluster);
    const own = report.backends.filter((backend) => backend.cluster === status.cluster);
    const changes = (overlay?.events ?? []).filter((event) => event.subject === status.cluster);
    const changedMs = Math.max(status.apiSinceMs ?? 0, changes.at(-1)?.atMs ?? 0);
    const ready = { serving: "Ready", drained: "Ready", "not-serving": "NotReady", unknown: "Unknown" } as const;
    return {
      apiVersion: "portolan.dev/v1alpha1",
      kind: "Cluster",
      metadata: { name: status.cluster, creationTimestamp: stamp(objects.get(status.cluster)?.meta.createdMs ?? 0) },
      spec: {
        provider: cluster?.provider ?? null,
        region: cluster?.region ?? null,
        zone: cluster?.zone ?? null,
        weight: status.weight,
        gateway: cluster?.gateway?.connectHost ?? null,
      },
      status: {
        ready: status.api === "reachable" ? ready[status.data] : "NotReady",
        api: status.api,
        apiCause: status.apiCause,
        data: status.data,
        dataCause: status.dataCause,
        backends: {
          ready: own.reduce((sum, one) => sum + one.ready, 0),
          total: own.reduce((sum, one) => sum + one.total, 0),
        },
        lastChange: stamp(changedMs),
      },
    };
  });
}

/** Equal objects of several clusters are one line, as rules of theirs are one route. */
function ingresses({ snapshot, observed, edgeAddresses, waitsFor }: ListingInput): readonly IngressItem[] {
  const items = new Map<string, IngressItem>();
  for (const observation of observed) {
    for (const ingress of observation.objects.ingresses) {
      const handling = ownershipOf(ingress, observation);
      if (handling === "foreign") continue;
      const { namespace, name } = ingress.meta;
      const served = (snapshot?.hosts ?? []).filter((host) =>
        host.sources.some(
          (one) =>
            one.cluster === observation.cluster &&
            one.kind === "Ingress" &&
            one.namespace === namespace &&
            one.name === name,
        ),
      );
      const own = handling === "adopted" ? ingress.loadBalancer : served.length > 0 ? edgeAddresses : [];
      const item: IngressItem = {
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: { namespace, name, creationTimestamp: stamp(ingress.meta.createdMs) },
        spec: { ingressClassName: ingress.className, hosts: hostsOf(ingress), tls: ingress.tls.length > 0 },
        status: {
          loadBalancer: { ingress: own.map(statusAddress) },
          handling,
          clusters: observation.cluster === null ? [] : [observation.cluster],
          served: served.map(({ host }) => host),
          waiting: served.flatMap(({ host }) => {
            const why = waitsFor(host);
            return why === null ? [] : [`${host}: ${why}`];
          }),
        },
      };
      const key = JSON.stringify([namespace, name, item.spec, item.status.loadBalancer, handling]);
      const known = items.get(key);
      items.set(key, known === undefined ? item : merged(known, item));
    }
  }
  return [...items.values()].sort(byName);
}

function merged(first: IngressItem, second: IngressItem): IngressItem {
  const clusters = [...first.status.clusters, ...second.status.clusters].sort(compareText);
  const served = [...new Set([...first.status.served, ...second.status.served])].sort(compareText);
  const waiting = [...new Set([...first.status.waiting, ...second.status.waiting])].sort(compareText);
  return { ...first, status: { ...first.status, clusters, served, waiting } };
}

function hostsOf({ rules }: IngressObject): readonly string[] {
  return [...new Set(rules.map(({ host }) => host).filter((host) => host !== ""))];
}

function backends({ report, snapshot, overlay }: ListingInput): readonly BackendItem[] {
  const origins = new Map(
    (snapshot?.hosts ?? []).flatMap(({ services }) =>
      services.flatMap(({ service, backends: own }) =>
        own.map((one) => {
          const gateway = snapshot?.clusters.find(({ name }) => name === one.cluster)?.gateway ?? null;
          const all = one.origins ?? (gateway === null ? [] : [gateway]);
          const urls = all.map(({ protocol, connectHost, port }) => `${protocol}://${connectHost}:${port}`);
          return [`${one.cluster}|${service}`, urls] as const;
        }),
      ),
    ),
  );
  return report.backends
    .map(({ cluster, service, ready, total }): BackendItem => {
      const [namespace = "", name = "", port = ""] = service.split("/");
      const verdict = overlay?.verdicts.find((one) => one.cluster === cluster && one.service === service)?.verdict;
      return {
        apiVersion: "portolan.dev/v1alpha1",
        kind: "Backend",
        metadata: { namespace, name, creationTimestamp: null },
        spec: { cluster, port, origins: origins.get(`${cluster}|${service}`) ?? [] },
        status: { ready, total, health: ready === 0 ? "down" : (verdict ?? "up") },
      };
    })
    .sort((a, b) => byName(a, b) || compareText(a.spec.cluster, b.spec.cluster));
}

function byName(a: IngressItem | BackendItem, b: IngressItem | BackendItem): number {
  return (
    compareText(a.metadata.namespace ?? "", b.metadata.namespace ?? "") || compareText(a.metadata.name, b.metadata.name)
  );
}

function stamp(ms: number): string | null {
  return ms === 0 ? null : rfc3339(ms);
}
