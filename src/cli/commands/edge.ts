import { parseArgs } from "node:util";
import { FORWARDING_HEADERS } from "../../core/address/client-address.ts";
import { LOCATION_HEADERS } from "../../core/geo/platform-location.ts";
import { count, hostPort, oneOf, place, required } from "../arguments.ts";
import type { Command } from "../command.ts";

/** More proxies in a row than anybody has: a typing error, which would believe clients. */
const MAX_HOPS = 16;

/** `portolan edge`: one edge from Kubernetes YAML alone. */
export const edgeCommand: Command = {
  summary: "run one edge from a directory of Kubernetes YAML",
  usage: `portolan edge --from DIR --listen HOST:PORT
  [--location LAT,LON | --location PROVIDER/REGION]   the edge's own place; without it the client's place counts
  [--geoip FILE]                 a MaxMind-format database that locates clients
  [--trusted-proxy CIDR]…        whose X-Forwarded-For and Forwarded are believed
  [--trusted-hops N]             believe that many proxies in front whatever their address; close the port to others
  [--trusted-header x-forwarded-for|forwarded]   the one that your proxies maintain; otherwise both must agree
  [--location-headers cloudfront|vercel]   believed from trusted proxies, when that platform is in front
  [--admin HOST:PORT]            /metrics, /healthz, /readyz, /status
  [--hop-keys FILE]              keys that sign requests to a portolan gateway, "ID BASE64" a line, the first one signs
  [--dns FILE]                   keeps DNS zones in step with what is served: docs/dns-commands.md
  [--allow-private-origins]      loopback and private addresses of endpoints may be origins
  [--debug-token-file FILE]      who sends its content as Portolan-Debug is told the decision in headers;
                                 without the file, the environment's PORTOLAN_DEBUG_TOKEN

DIR/*.yaml is the config source (Cluster, TrafficPolicy, HostClaim, federated Ingress),
DIR/<cluster>/*.yaml what that cluster holds (Ingress, IngressClass, Service, EndpointSlice). It is watched.`,
  async run(args, deps) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        from: { type: "string" },
        listen: { type: "string" },
        location: { type: "string" },
        geoip: { type: "string" },
        "trusted-proxy": { type: "string", multiple: true },
        "trusted-hops": { type: "string", default: "0" },
        "trusted-header": { type: "string" },
        "location-headers": { type: "string" },
        admin: { type: "string" },
        "hop-keys": { type: "string" },
        dns: { type: "string" },
        "allow-private-origins": { type: "boolean" },
        "debug-token-file": { type: "string" },
      },
    });
    const example = "portolan edge --from DIR --listen 127.0.0.1:8080";
    // Listened for before the start: whoever sees the first line may signal before the next one runs.
    const stopped = deps.untilStopped();
    const edge = await deps.startEdge(
      {
        from: required("--from", values.from, example),
        listen: hostPort("--listen", required("--listen", values.listen, example)),
        location: values.location === undefined ? null : place("--location", values.location),
        geoip: values.geoip ?? null,
        trustedProxies: values["trusted-proxy"] ?? [],
        trustedHops: count("--trusted-hops", values["trusted-hops"], MAX_HOPS),
        trustedHeader: oneOf("--trusted-header", values["trusted-header"], FORWARDING_HEADERS),
        locationHeaders: oneOf("--location-headers", values["location-headers"], LOCATION_HEADERS),
        admin: values.admin === undefined ? null : hostPort("--admin", values.admin),
        hopKeys: values["hop-keys"] ?? null,
        dns: values.dns ?? null,
        allowPrivateOrigins: values["allow-private-origins"] ?? false,
        debugToken: await deps.debugToken(values["debug-token-file"] ?? null),
      },
      deps,
    );
    deps.out(`${edge.banner.join("\n")}\n`);
    await stopped;
    await edge.close();
    return 0;
  },
};
