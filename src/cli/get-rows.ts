/** Rows of `portolan get`: kubectl's columns, and with `-o wide` more of them. */
import type { BackendItem, ClusterItem, IngressItem, Resource } from "../core/listing/resource.ts";
import { age } from "./table.ts";

export type Listed = ClusterItem | IngressItem | BackendItem;

export interface Row {
  readonly key: string;
  /** What a watch compares: everything but ages. */
  readonly state: string;
  readonly cells: readonly string[];
}

/** Headings and rows of one kind; items of other kinds are left out. */
export function rowsOf(
  resource: Resource,
  items: readonly Listed[],
  wide: boolean,
  nowMs: number,
): { readonly headings: readonly string[]; readonly rows: readonly Row[] } {
  const headings = HEADINGS[resource];
  const shown = wide ? [...headings.always, ...headings.wide] : headings.always;
  const rows = items.map((item): Row => {
    const { always, more } = cellsOf(item, nowMs);
    const { namespace = "", name } = item.metadata;
    const cluster = item.kind === "Backend" ? `${item.spec.cluster} ${item.spec.port}` : "";
    return {
      key: `${namespace}/${name} ${cluster}`,
      state: JSON.stringify([item.spec, item.status]),
      cells: wide ? [...always, ...more] : always,
    };
  });
  return { headings: shown, rows };
}

const HEADINGS: Readonly<Record<Resource, { readonly always: readonly string[]; readonly wide: readonly string[] }>> = {
  clusters: {
    always: ["NAME", "STATUS", "REGION", "API", "DATA", "BACKENDS", "LAST CHANGE", "AGE"],
    wide: ["PROVIDER", "WEIGHT", "GATEWAY", "CAUSE"],
  },
  ingresses: {
    always: ["NAMESPACE", "NAME", "CLASS", "HOSTS", "ADDRESS", "PORTS", "AGE"],
    wide: ["HANDLING", "CLUSTERS", "SERVED", "WAITS FOR"],
  },
  backends: {
    always: ["NAMESPACE", "SERVICE", "PORT", "CLUSTER", "READY", "HEALTH"],
    wide: ["ORIGINS"],
  },
};

function cellsOf(
  item: Listed,
  nowMs: number,
): { readonly always: readonly string[]; readonly more: readonly string[] } {
  const { metadata } = item;
  switch (item.kind) {
    case "Cluster": {
      const { spec, status } = item;
      const { ready, total } = status.backends;
      const cause = [status.apiCause, status.dataCause].filter((one) => one !== null).join("; ");
      return {
        always: [
          metadata.name,
          status.ready,
          spec.region ?? "<none>",
          status.api,
          status.data,
          `${ready}/${total}`,
          since(status.lastChange, nowMs),
          since(metadata.creationTimestamp, nowMs),
        ],
        more: [spec.provider ?? "<none>", String(spec.weight), spec.gateway ?? "<none>", cause],
      };
    }
    case "Ingress": {
      const { spec, status } = item;
      const addresses = status.loadBalancer.ingress.map(({ ip, hostname }) => ip ?? hostname ?? "");
      return {
        always: [
          metadata.namespace ?? "",
          metadata.name,
          spec.ingressClassName ?? "<none>",
          spec.hosts.length === 0 ? "*" : spec.hosts.join(","),
          addresses.join(","),
          spec.tls ? "80, 443" : "80",
          since(metadata.creationTimestamp, nowMs),
        ],
        more: [
          status.handling,
          status.clusters.join(",") || "<config>",
          status.served.join(",") || "<none>",
          status.waiting.join("; ") || "<none>",
        ],
      };
    }
    case "Backend": {
      const { spec, status } = item;
      return {
        always: [
          metadata.namespace ?? "",
          metadata.name,
          spec.port,
          spec.cluster,
          `${status.ready}/${status.total}`,
          status.health,
        ],
        more: [spec.origins.join(",") || "<none>"],
      };
    }
    default:
      return item satisfies never;
  }
}

function since(stamp: string | null, nowMs: number): string {
  return stamp === null ? "<unknown>" : age(nowMs - Date.parse(stamp));
}
