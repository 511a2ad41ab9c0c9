import { parseArgs } from "node:util";
import { storeAccess, type StoreValues } from "../store-values.ts";
import { FORWARDING_HEADERS } from "../../core/address/client-address.ts";
import { LOCATION_HEADERS } from "../../core/geo/platform-location.ts";
import { count, hostPort, oneOf, outputIsJson, place, required } from "../arguments.ts";
import { capabilitiesText } from "../capabilities-text.ts";
import type { Command } from "../command.ts";
import type { EdgeSettings, Running, StoreEdgeOptions } from "../deps.ts";
import { Failure } from "../failure.ts";
import { LISTENER_ARGUMENTS, LISTENER_USAGE, listenerOptions } from "../listener-arguments.ts";

/** More proxies in a row than anybody has: a typing error, which would believe clients. */
const MAX_HOPS = 16;
const MAX_PROCESSES = 256;

/** `portolan edge`: one edge, from a control function's store or from Kubernetes YAML alone. */
export const edgeCommand: Command = {
  summary: "run one edge, from a store or from a directory of Kubernetes YAML",
  usage: `portolan edge (--from DIR | --store URL | --receive HOST:PORT) --listen HOST:PORT
  [--public-keys FILE]           keys that snapshots of the store are checked with, made by portolan keys
  [--name edge] [--audience portolan]   who it is for control, and the fleet whose snapshots it takes
  [--store-token-file FILE]      what opens the store for its reports; with --receive, what control has to show
  [--cache DIR]                  keeps the last good snapshot, to start from while the store is away
  [--location LAT,LON | --location PROVIDER/REGION]   the edge's own place; without it the client's place counts
  [--geoip FILE]                 a MaxMind-format database that locates clients
  [--trusted-proxy CIDR]…        whose X-Forwarded-For and Forwarded are believed
  [--trusted-hops N]             believe that many proxies in front whatever their address; close the port to others
  [--trusted-header x-forwarded-for|forwarded]   the one that your proxies maintain; otherwise both must agree
  [--location-headers cloudfront|vercel]   believed from trusted proxies, when that platform is in front
  [--admin HOST:PORT]            /metrics, /healthz, /readyz, /status
  [--hop-keys FILE]              keys that sign requests to a portolan gateway, "ID BASE64" a line, the first one signs
  [--origin-cert FILE --origin-key FILE]   shown to origins that ask for a certificate
  [--dns FILE]                   keeps DNS zones in step with what is served: docs/dns-commands.md
  [--allow-private-origins]      loopback and private addresses of endpoints may be origins
  [--processes N]                so many processes share the port; SIGHUP replaces them one by one
${LISTENER_USAGE}
  [--tls-secrets]                end TLS with the Secrets that spec.tls names, from the same files
  [--edge-key FILE]…             end TLS with the Secrets that control has sealed to it: docs/tls.md
  [--plain-listen HOST:PORT]     beside TLS: plain requests there are sent to https
  [--https-port N]               port of https as clients see it; the one of --listen unless said
  [--debug-token-file FILE]      who sends its content as Portolan-Debug is told the decision in headers;
                                 without the file, the environment's PORTOLAN_DEBUG_TOKEN
portolan edge --capabilities [-o text|json]   what an edge can do on each runtime

URL is the store of a control function, a server of its files, or the folder where they are. With --receive the control
function pushes to the edge (spec.push). With --from,
DIR/*.yaml is the config source (Cluster, TrafficPolicy, HostClaim, federated Ingress),
DIR/<cluster>/*.yaml what that cluster holds (Ingress, IngressClass, Service, EndpointSlice). It is watched.`,
  async run(args, deps) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...LISTENER_ARGUMENTS,
        processes: { type: "string", default: "0" },
        "tls-secrets": { type: "boolean", default: false },
        "edge-key": { type: "string", multiple: true },
        "plain-listen": { type: "string" },
        "https-port": { type: "string" },
        from: { type: "string" },
        store: { type: "string" },
        receive: { type: "string" },
        "public-keys": { type: "string" },
        "store-token-file": { type: "string" },
        cache: { type: "string" },
        name: { type: "string", default: "edge" },
        audience: { type: "string", default: "portolan" },
        listen: { type: "string" },
        location: { type: "string" },
        geoip: { type: "string" },
        "trusted-proxy": { type: "string", multiple: true },
        "trusted-hops": { type: "string", default: "0" },
        "trusted-header": { type: "string" },
        "location-headers": { type: "string" },
        admin: { type: "string" },
        "hop-keys": { type: "string" },
        "origin-cert": { type: "string" },
        "origin-key": { type: "string" },
        dns: { type: "string" },
        "allow-private-origins": { type: "boolean" },
        "debug-token-file": { type: "string" },
        capabilities: { type: "boolean" },
        output: { type: "string", short: "o", default: "text" },
      },
    });
    if (values.capabilities === true) {
      deps.out(capabilitiesText(deps.capabilities, outputIsJson(values.output)));
      return 0;
    }
    const edgeKeys = values["edge-key"] ?? [];
    const listener = listenerOptions(values, values["tls-secrets"], edgeKeys);
    const plain = values["plain-listen"];
    if (values["tls-secrets"] && values.from === undefined) {
      throw new Failure(
        "Cannot read Secrets: only files hold them here, and there is no --from",
        "--edge-key FILE for those that control has sealed, or --tls-dir DIR",
      );
    }
    if (edgeKeys.length > 0 && values.from !== undefined) {
      throw new Failure("Cannot open Secrets with --edge-key: --from holds them as they are", "--tls-secrets");
    }
    if (plain !== undefined && listener.tls === null) {
      throw new Failure("Cannot send plain requests to https: nothing ends TLS", "--tls-cert FILE --tls-key FILE");
    }
    if (plain !== undefined && values["https-port"] === undefined && values.listen?.endsWith(":0") === true) {
      throw new Failure("Cannot send plain requests to https: its port is not known", "--https-port 443");
    }
    const processes = count("--processes", values.processes, MAX_PROCESSES);
    const example = "portolan edge --from DIR --listen 127.0.0.1:8080";
    // Listened for before the start: whoever sees the first line may signal before the next one runs.
    // By then there may be nothing to reload yet.
    let reload: Running["reload"];
    const stopped = deps.untilStopped(() => void reload?.());
    const settings: EdgeSettings = {
      processes,
      listener,
      plainListen: plain === undefined ? null : hostPort("--plain-listen", plain),
      httpsPort: values["https-port"] === undefined ? null : count("--https-port", values["https-port"], 65_535),
      listen: hostPort("--listen", required("--listen", values.listen, example)),
      location: values.location === undefined ? null : place("--location", values.location),
      geoip: values.geoip ?? null,
      trustedProxies: values["trusted-proxy"] ?? [],
      trustedHops: count("--trusted-hops", values["trusted-hops"], MAX_HOPS),
      trustedHeader: oneOf("--trusted-header", values["trusted-header"], FORWARDING_HEADERS),
      locationHeaders: oneOf("--location-headers", values["location-headers"], LOCATION_HEADERS),
      admin: values.admin === undefined ? null : hostPort("--admin", values.admin),
      hopKeys: values["hop-keys"] ?? null,
      originCertificate: originCertificate(values["origin-cert"], values["origin-key"]),
      dns: values.dns ?? null,
      allowPrivateOrigins: values["allow-private-origins"] ?? false,
      debugToken: await deps.debugToken(values["debug-token-file"] ?? null),
    };
    const edge =
      values.store === undefined && values.receive === undefined
        ? await deps.startEdge({ ...settings, from: required("--from", values.from, example) }, deps)
        : await deps.startStoreEdge(storeOptions(settings, values), deps);
    reload = edge.reload;
    deps.out(`${edge.banner.join("\n")}\n`);
    await stopped;
    await edge.close();
    return 0;
  },
};

function originCertificate(cert: string | undefined, key: string | undefined): EdgeSettings["originCertificate"] {
  if (cert === undefined && key === undefined) return null;
  if (cert !== undefined && key !== undefined) return { cert, key };
  throw new Failure(
    "Cannot show a certificate to origins: it takes --origin-cert and --origin-key",
    "--origin-cert edge.crt --origin-key edge.key",
  );
}

interface EdgeStoreValues extends StoreValues {
  readonly store?: string | undefined;
  readonly receive?: string | undefined;
}

function storeOptions(settings: EdgeSettings, values: EdgeStoreValues): StoreEdgeOptions {
  const example = "portolan edge --store URL --public-keys FILE --listen 127.0.0.1:8080";
  const given = [values.from, values.store, values.receive].filter((one) => one !== undefined);
  if (given.length > 1) throw new Failure("Cannot choose between --from, --store and --receive: give one", example);
  const { receive, store } = values;
  if (receive !== undefined && values["store-token-file"] === undefined) {
    throw new Failure(
      "Cannot receive from anybody: --store-token-file is not given",
      `${example} --store-token-file FILE`,
    );
  }
  return {
    ...settings,
    store: receive === undefined ? required("--store", store, example) : { receive: hostPort("--receive", receive) },
    ...storeAccess(values, example),
  };
}
