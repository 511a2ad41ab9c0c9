/** Where a cluster's own ingress controller is reached, from its Services. */
import type { LoadBalancerAddress, ServiceObject } from "../objects.ts";
import type { Guess } from "./location.ts";

export interface GatewayGuess {
  readonly connectHost: Guess;
  readonly port: number;
  readonly protocol: "http" | "https";
}

export interface GatewayFound {
  readonly gateway: GatewayGuess | null;
  /** Why there is none, or what else there would be; empty when it is sure. */
  readonly note: string;
}

/** `app.kubernetes.io/name` of controllers whose LoadBalancer is the way into the whole cluster. */
const CONTROLLERS: ReadonlySet<string> = new Set([
  "portolan-gateway",
  "ingress-nginx",
  "nginx-ingress",
  "traefik",
  "haproxy-ingress",
  "kubernetes-ingress",
  "contour",
  "envoy",
  "kong",
  "ambassador",
  "emissary-ingress",
  "istio-ingressgateway",
  "cilium-ingress",
]);
const NAME_LABELS = ["app.kubernetes.io/name", "app", "k8s-app"];

/** The only LoadBalancer of a known controller; with several or none a person has to choose. */
export function guessGateway(services: readonly ServiceObject[]): GatewayFound {
  const found = services.flatMap((service) => {
    const controller = controllerOf(service);
    const [address] = service.loadBalancer;
    return controller === null || address === undefined || service.type !== "LoadBalancer"
      ? []
      : [{ service, controller, host: hostOf(address) }];
  });
  const [only] = found;
  if (only === undefined) {
    return {
      gateway: null,
      note: "no Service of type LoadBalancer with an address belongs to a known ingress controller",
    };
  }
  const names = found.map(({ service, host }) => `${service.meta.namespace}/${service.meta.name} at ${host}`);
  if (found.length > 1) return { gateway: null, note: `several could be it, choose one: ${names.join(", ")}` };
  const ports = only.service.ports.map(({ port }) => port);
  const tls = ports.includes(443);
  const gateway: GatewayGuess = {
    connectHost: { value: only.host, reason: `Service ${names.join("")}, of ${only.controller}` },
    port: tls ? 443 : (ports[0] ?? 80),
    protocol: tls ? "https" : "http",
  };
  return { gateway, note: "" };
}

function controllerOf({ meta }: ServiceObject): string | null {
  for (const name of NAME_LABELS) {
    const value = meta.labels[name];
    if (value !== undefined && CONTROLLERS.has(value)) return value;
  }
  return CONTROLLERS.has(meta.name) ? meta.name : null;
}

function hostOf({ ip, hostname }: LoadBalancerAddress): string {
  return ip ?? hostname ?? "";
}
