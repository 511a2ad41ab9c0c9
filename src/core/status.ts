/** The state of the whole system for people: `portolan status` and the admin API's `/status`. */
import type { ZoneStatus } from "./dns/zone-status.ts";
import type { HostStatus } from "./hosts/host-status.ts";
import type { BackendHealth, EdgeReport, HealthOverlay } from "./health/model.ts";
import type { Version } from "./model.ts";
import type { Problem } from "./objects.ts";
import { listCounts } from "./snapshot/backend-counts.ts";
import type { LoadedSnapshot } from "./snapshot/load.ts";

export interface ClusterStatus {
  readonly cluster: string;
  readonly locality: string;
  readonly weight: number;
  /** Whether its API answers. */
  readonly api: "reachable" | "unreachable" | "unknown";
  readonly apiSinceMs: number | null;
  readonly apiCause: string | null;
  /** Whether it serves users: apart from the API, since one can fail without the other (rule 3). */
  readonly data: "serving" | "not-serving" | "drained" | "unknown";
  readonly dataCause: string | null;
}

export interface EdgeStatus {
  readonly edge: string;
  readonly place: string;
  readonly epoch: number;
  readonly generation: number;
  /** Since the edge loaded that generation. */
  readonly ageMs: number;
  /** Since the edge last reported. */
  readonly silentMs: number;
  readonly requests: number;
}

/** The option that names a host in a command; a shell would take a bare `*` for files. */
export function hostOption(host: string | null): string {
  if (host === null) return "";
  return host.includes("*") ? ` --host '${host}'` : ` --host ${host}`;
}

export interface StatusReport {
  readonly nowMs: number;
  readonly snapshot: {
    readonly epoch: number;
    readonly generation: number;
    readonly hash: string;
    readonly publishedAtMs: number;
    readonly hosts: number;
  } | null;
  readonly clusters: readonly ClusterStatus[];
  readonly backends: readonly {
    readonly cluster: string;
    readonly service: string;
    readonly ready: number;
    readonly total: number;
  }[];
  readonly edges: readonly EdgeStatus[];
  readonly withheld: readonly { readonly host: string; readonly reason: string }[];
  readonly approval: string | null;
  /** Generation that a person has rolled back to; null when the objects rule. */
  readonly rollback: (Version & { readonly sinceMs: number }) | null;
  /** Drains that people have ordered, beside what the Cluster objects say. */
  readonly drains: readonly {
    readonly cluster: string;
    /** Null for all hosts. */
    readonly host: string | null;
    readonly sinceMs: number;
    readonly deadlineMs: number | null;
  }[];
  /** Zones that control keeps in step; empty without DNS. */
  readonly dns: readonly ZoneStatus[];
  /** Hosts at edges that have to take them first; empty where every edge answers every host. */
  readonly hosts: readonly HostStatus[];
  readonly problems: readonly Problem[];
}

export interface StatusInput {
  readonly published: LoadedSnapshot | null;
  readonly overlay: HealthOverlay | null;
  readonly reports: readonly EdgeReport[];
  readonly withheld: StatusReport["withheld"];
  readonly approval: string | null;
  readonly rollback: StatusReport["rollback"];
  readonly drains: StatusReport["drains"];
  readonly dns: readonly ZoneStatus[];
  readonly hosts: readonly HostStatus[];
  readonly problems: readonly Problem[];
  readonly nowMs: number;
}

/** Reports older than this say nothing about now. */
const REPORT_VALID_MS = 15_000;

/** Everything that is known at this moment, put together; pure. */
export function statusReport(input: StatusInput): StatusReport {
  const { published, nowMs } = input;
  const manifest = published?.manifest ?? null;
  return {
    nowMs,
    snapshot:
      published === null || manifest === null
        ? null
        : {
            epoch: manifest.epoch,
            generation: manifest.generation,
            hash: published.hash,
            publishedAtMs: manifest.publishedAtMs,
            hosts: published.snapshot.hosts.length,
          },
    clusters: clusterStatus(input),
    backends: backendsOf(input).map(({ cluster, service, ready, total }) => ({
      cluster,
      service,
      ready,
      total,
    })),
    edges: input.reports.map((report) => ({
      edge: report.edge,
      place: report.place === null ? "the client's" : `${report.place.latitude},${report.place.longitude}`,
      epoch: report.epoch,
      generation: report.generation,
      ageMs: nowMs - report.loadedAtMs,
      silentMs: nowMs - report.reportedAtMs,
      requests: report.requests,
    })),
    withheld: input.withheld,
    approval: input.approval,
    rollback: input.rollback,
    drains: input.drains,
    dns: input.dns,
    hosts: input.hosts,
    problems: input.problems,
  };
}

function backendsOf({ overlay }: StatusInput): readonly BackendHealth[] {
  return overlay === null ? [] : listCounts(overlay.backends);
}

function clusterStatus(input: StatusInput): readonly ClusterStatus[] {
  return (input.published?.snapshot.clusters ?? []).map((cluster) => {
    const api = input.overlay?.clusters.find((one) => one.cluster === cluster.name);
    const locality = [cluster.provider, cluster.region, cluster.zone].filter((part) => part !== null).join("/");
    return {
      cluster: cluster.name,
      locality: locality === "" ? "unknown" : locality,
      weight: cluster.weight,
      api: api?.api ?? "unknown",
      apiSinceMs: api?.sinceMs ?? null,
      apiCause: api?.cause ?? null,
      ...dataStatus(cluster.name, cluster.weight, input),
    };
  });
}

function dataStatus(cluster: string, weight: number, input: StatusInput): Pick<ClusterStatus, "data" | "dataCause"> {
  const fresh = input.reports.filter(
    (report) => input.nowMs - report.reportedAtMs <= REPORT_VALID_MS && !report.distrustsItself,
  );
  const down = fresh.flatMap((report) => {
    const bad = report.origins.find((origin) => origin.cluster === cluster && origin.verdict === "down");
    return bad === undefined ? [] : [{ edge: report.edge, cause: bad.cause }];
  });
  const [first] = down;
  const seen = first === undefined ? null : `${down.length} of ${fresh.length} edges: ${first.cause}`;
  // One edge's broken uplink convicts nobody, unless the cluster's API is gone as well.
  const api = input.overlay?.clusters.find((one) => one.cluster === cluster)?.api ?? "reachable";
  if (down.length * 2 > fresh.length || (down.length > 0 && api === "unreachable")) {
    return { data: "not-serving", dataCause: seen };
  }
  if (weight === 0) return { data: "drained", dataCause: "its weight is 0" };
  const backends = backendsOf(input).filter((backend) => backend.cluster === cluster);
  if (backends.length === 0) return { data: "unknown", dataCause: "no backend reports readiness" };
  const ready = backends.reduce((sum, backend) => sum + backend.ready, 0);
  return ready > 0 ? { data: "serving", dataCause: seen } : { data: "not-serving", dataCause: "no endpoint is ready" };
}
