/** Metrics of a gateway: those of an edge, and how many were refused at the door. */
import { HOP_REFUSALS, type HopRefusal } from "../../core/hop/verify.ts";
import { edgeMetrics, type EdgeMetrics } from "../metrics.ts";
import { counter, gauge, prometheusText } from "../prometheus.ts";

export interface GatewayGauges {
  liveRequests(): number;
  ejectedPods(): number;
  readyPods(): number;
  servicePorts(): number;
}

export interface GatewayMetrics extends Pick<EdgeMetrics, "request" | "ejection" | "text"> {
  hopRefused(reason: HopRefusal): void;
}

/** Each reason has its series from the start, so that an alert sees the first one. */
export function gatewayMetrics(gauges: GatewayGauges): GatewayMetrics {
  const refused = counter("portolan_hop_refused_total", "Requests answered with 403, by what was wrong with the hop");
  for (const reason of HOP_REFUSALS) refused.add({ reason }, 0);
  const edge = edgeMetrics({
    generation: () => null,
    snapshotAgeSeconds: () => null,
    liveRequests: gauges.liveRequests,
    ejectedOrigins: gauges.ejectedPods,
  });
  const own = [
    refused,
    gauge("portolan_gateway_service_ports", "Service ports that requests can be sent to", gauges.servicePorts),
    gauge("portolan_gateway_ready_pods", "Ready pods, once per service port", gauges.readyPods),
  ];
  return {
    request: edge.request,
    ejection: edge.ejection,
    hopRefused: (reason) => refused.add({ reason }),
    text: () => edge.text() + prometheusText(own),
  };
}
