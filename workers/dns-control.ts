/** DNS beside a control function of this process. */
import { hostname } from "node:os";
import { zoneMetrics, type ZoneStatus } from "../src/core/dns/zone-status.ts";
import { hostMetrics, type HostStatus, type WaitsFor } from "../src/core/hosts/host-status.ts";
import { dns } from "../src/control/dns.ts";
import { type RunningDns, runDns } from "../src/control/dns-loop.ts";
import { hostNames } from "../src/control/dns-names.ts";
import { hosts } from "../src/control/hosts.ts";
import type { DnsSettings } from "../src/core/dns/settings.ts";
import type { HealthEvent } from "../src/core/health/model.ts";
import { sha256Hex } from "../src/store/signature.ts";
import type { Store } from "../src/store/store.ts";
import { closableTime } from "./closable-time.ts";
import { zoneAccess } from "./dns-providers.ts";
import { lookUp } from "./dns-settings.ts";
import { hostedEdges } from "./host-providers.ts";

export interface DnsControl extends RunningDns {
  status(): readonly ZoneStatus[];
  /** Hosts at the edges that have to take them first. */
  hosts(): readonly HostStatus[];
  readonly waitsFor: WaitsFor;
  /** Prometheus text. */
  metricsText(): string;
}

export interface DnsControlDeps {
  /** Journal and memory of the zones. */
  readonly store: Store;
  /** The control function's own store, where approvals are. */
  readonly orders: Store;
  readonly onEvent: (event: HealthEvent) => void;
  readonly log: (line: string) => void;
}

/** Opens the providers; the zones are read with the first result that is offered. */
export async function startDns(
  settings: DnsSettings,
  { store, orders, onEvent, log }: DnsControlDeps,
): Promise<DnsControl> {
  const time = closableTime();
  const attached = hosts(await hostedEdges(settings, time), {
    store,
    now: Date.now,
    log,
    isElsewhere: settings.edges.length > settings.hosts.length,
    onChange: () => running.again(),
  });
  const parts = dns({
    store,
    orders,
    settings,
    zones: await zoneAccess(settings.zones, { time }),
    // The same after a restart, so that what was announced before it is found out at once.
    writer: hostname(),
    names: hostNames(lookUp, Date.now),
    hosts: attached,
    digest: sha256Hex,
    now: Date.now,
    onEvent,
  });
  const running: RunningDns = runDns(parts);
  return {
    ...running,
    async close() {
      // A provider that throttles is waited for two minutes; whoever ends the process does not mean that.
      time.close();
      await running.close();
    },
    status: () => parts.zones.map((one) => one.status()),
    hosts: attached.status,
    waitsFor: attached.waitsFor,
    metricsText() {
      const zones = parts.zones.map((one) => ({ status: one.status(), counts: one.counts }));
      return `${zoneMetrics(zones)}${hostMetrics(attached.status())}`;
    },
  };
}
