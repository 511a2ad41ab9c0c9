/** What the admin port tells of a running control function. */
import { isIP } from "node:net";
import type { ReconcileResult } from "../src/control/reconcile.ts";
import { resourceLists } from "../src/core/listing/lists.ts";
import type { ResourceLists } from "../src/core/listing/resource.ts";
import type { LoadBalancerAddress } from "../src/core/objects.ts";
import { parseReport } from "../src/core/snapshot/report.ts";
import { type StatusReport, statusReport } from "../src/core/status.ts";
import type { Store } from "../src/store/store.ts";
import type { DnsControl } from "./dns-control.ts";
import { textStore } from "../src/store/text.ts";

/** The status of a store and the last reconcile. */
export async function statusOf(
  store: Store,
  last: ReconcileResult | null,
  dns: Pick<DnsControl, "status" | "hosts"> | null = null,
): Promise<StatusReport> {
  const text = textStore(store);
  const reports = [];
  for (const key of await store.list("reports/")) {
    const parsed = parseReport((await text.get(key)) ?? "");
    if (parsed.ok) reports.push(parsed.report);
  }
  return statusReport({
    published: last?.published ?? null,
    overlay: last?.overlay ?? null,
    reports,
    withheld: last?.withheld ?? [],
    approval: last?.approval ?? null,
    rollback: last?.orders.rollback ?? null,
    drains: last?.orders.drains ?? [],
    dns: dns?.status() ?? [],
    hosts: dns?.hosts() ?? [],
    problems: last?.problems ?? [],
    nowMs: Date.now(),
  });
}

/** Clusters, Ingresses and backends as `portolan get` prints them. */
export async function resourcesOf(
  store: Store,
  last: ReconcileResult | null,
  edgeAddresses: readonly LoadBalancerAddress[],
  dns: Pick<DnsControl, "status" | "hosts" | "waitsFor"> | null = null,
): Promise<ResourceLists> {
  const observations = last?.observations ?? null;
  return resourceLists({
    report: await statusOf(store, last, dns),
    snapshot: last?.published?.snapshot ?? null,
    overlay: last?.overlay ?? null,
    observed: observations === null ? [] : [observations.config, ...observations.clusters],
    edgeAddresses,
    waitsFor: dns?.waitsFor ?? (() => null),
  });
}

/** Where an edge of this machine listens, as an address that an Ingress' status may have. */
export function addressOf(url: string): LoadBalancerAddress {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  return isIP(host) === 0 ? { ip: null, hostname: host } : { ip: host, hostname: null };
}
