/** `portolan.yaml` as `portolan init` writes it: every guess with its reason. */
import { regionPoint } from "../geo/regions/regions.ts";
import { commentedYaml, type YamlLine } from "./commented-yaml.ts";
import type { GatewayFound } from "./gateway-guess.ts";
import type { LocationGuess } from "./location.ts";

export interface InitCluster {
  readonly name: string;
  readonly context: string;
  readonly location: LocationGuess;
  readonly gateway: GatewayFound;
  /** Why the cluster could not be asked; null when it could. */
  readonly unreachable: string | null;
  /** `v1.34.1`; null when it is unknown. */
  readonly version: string | null;
}

export interface InitFile {
  readonly name: string;
  readonly clusters: readonly InitCluster[];
}

/** The whole file. */
export function initFile({ name, clusters }: InitFile): string {
  const control = commentedYaml([
    { indent: 0, key: null, why: "Made by portolan init. It is yours now: read the reasons, change what is wrong." },
    { indent: 0, key: "apiVersion", value: "portolan.dev/v1alpha1" },
    { indent: 0, key: "kind", value: "Control" },
    { indent: 0, key: "metadata" },
    { indent: 2, key: "name", value: name },
    { indent: 0, key: "spec" },
    { indent: 2, key: "config" },
    {
      indent: 4,
      key: "directory",
      value: ".",
      why: "Cluster, TrafficPolicy, HostClaim and federated Ingresses beside this file",
    },
    {
      indent: 2,
      key: "kubeconfig",
      value: [".portolan/clusters.kubeconfig"],
      why: "the contexts below, with the credentials that portolan join makes",
    },
    { indent: 2, key: "store" },
    { indent: 4, key: "file", value: ".portolan/state" },
    { indent: 2, key: "signingKey", value: ".portolan/signing.jwk", why: "made by portolan keys" },
    { indent: 2, key: "serve" },
    { indent: 4, key: "listen", value: "127.0.0.1:7181", why: "for edges on this machine" },
    { indent: 2, key: "admin", value: "127.0.0.1:7180", why: "where portolan get, status and drain ask" },
  ]);
  return [control, ...clusters.map((cluster) => commentedYaml(clusterLines(cluster)))].join("---\n");
}

/** A Cluster object, each field with its reason. */
export function clusterLines(cluster: InitCluster): readonly YamlLine[] {
  const { location, gateway } = cluster;
  const { provider, region, zone } = location;
  const point = provider === null || region === null ? null : regionPoint(provider.value, region.value);
  const place = point === null ? "" : `: ${point.city}, ${point.latitude}, ${point.longitude}`;
  const about =
    cluster.unreachable === null
      ? `Kubernetes ${cluster.version ?? "of an unknown version"}`
      : `not asked: ${cluster.unreachable}`;
  return [
    { indent: 0, key: "apiVersion", value: "portolan.dev/v1alpha1" },
    { indent: 0, key: "kind", value: "Cluster" },
    { indent: 0, key: "metadata" },
    { indent: 2, key: "name", value: cluster.name, why: about },
    { indent: 0, key: "spec" },
    { indent: 2, key: "access" },
    { indent: 4, key: "context", value: cluster.context },
    ...(provider === null ? [] : [{ indent: 2, key: "provider", value: provider.value, why: provider.reason }]),
    ...(region === null ? [] : [{ indent: 2, key: "region", value: region.value, why: `${region.reason}${place}` }]),
    ...(zone === null ? [] : [{ indent: 2, key: "zone", value: zone.value, why: zone.reason }]),
    ...location.doubts.map((doubt) => ({ indent: 2, key: null, why: `Look here: ${doubt}` })),
    ...gatewayLines(gateway),
  ];
}

function gatewayLines({ gateway, note }: GatewayFound): readonly YamlLine[] {
  if (gateway === null) return [{ indent: 2, key: null, why: `No gateway: ${note}` }];
  const { connectHost, port, protocol } = gateway;
  return [
    { indent: 2, key: "gateway" },
    { indent: 4, key: "connectHost", value: connectHost.value, why: connectHost.reason },
    { indent: 4, key: "port", value: port },
    { indent: 4, key: "protocol", value: protocol },
  ];
}
