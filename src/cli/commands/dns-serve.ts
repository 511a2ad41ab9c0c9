import { parseArgs } from "node:util";
import { parseLiteral } from "../../core/address/ip.ts";
import { dnsName, managedNameProblem } from "../../core/dns/names.ts";
import { count, duration, hostPort, place, required } from "../arguments.ts";
import type { Command } from "../command.ts";
import type { EdgeAt, NameServerOptions, NamesFromStore } from "../deps.ts";
import { storeAccess, type StoreValues } from "../store-values.ts";
import { Failure } from "../failure.ts";

const EXAMPLE = "portolan dns serve --from DIR --zone gslb.example.org --listen 127.0.0.1:5300";
const MAX_TTL = 86_400;
const MAX_RATE = 1_000_000;

/** `portolan dns serve`: an authoritative name server for delegated zones. */
export const dnsServeCommand: Command = {
  summary: "answer DNS questions for a delegated zone",
  usage: `portolan dns serve (--from DIR | --store URL) --zone NAME… --listen HOST:PORT…
  [--public-keys FILE]           keys that snapshots of the store are checked with, made by portolan keys
  [--name name-server] [--audience portolan]   who it is for control, and the fleet whose snapshots it takes
  [--store-token-file FILE]      what opens the store for its reports
  [--cache DIR]                  keeps the last good snapshot, to start from while the store is away
  [--ns NAME=ADDRESS[,ADDRESS]]…   the zone's name servers; without it ns.ZONE at the address that it listens on
  [--geoip FILE]                 a MaxMind-format database that locates clients
  [--edge NAME@PLACE=ADDRESS[,ADDRESS]]…   hosts lead to the nearest edge; without it to the nearest cluster.
                                 PLACE is LAT,LON or PROVIDER/REGION
  [--edge-port PORT]             where edges are probed, 443 unless said otherwise
  [--ttl SECONDS]                of every answer that follows health, 30 unless said otherwise
  [--federation NAME[=SUFFIX]]   names of federated Services, SERVICE.NAMESPACE.NAME.svc.SUFFIX
  [--origin-suffix SUFFIX]       names of cluster gateways, CLUSTER.SUFFIX
  [--rate-limit N]               equal answers a second to one network over UDP, 200 unless said otherwise; 0 for no limit
  [--probe-interval TIME]        probes at least that often, like 2s; without it as each health check says, else every 10s
  [--reuse-port]                 several processes on one port, one for each core; the kernel spreads queries
  [--one-by-one]                 takes queries by Node's own UDP socket, also where they can be had in batches
  [--admin HOST:PORT]            /metrics, /healthz, /readyz, /status
  [--allow-private-origins]      loopback and private addresses of endpoints may be origins

Hosts of Ingresses that lie in a zone are answered over UDP and TCP with the addresses of the nearest healthy cluster
(or edge), by EDNS client subnet or the resolver's address. DIR is what portolan edge --from reads, and is watched.
URL is the store of a control function, or the folder where it is.`,
  async run(args, deps) {
    const words = args[0] === "serve" ? args.slice(1) : args;
    const { values } = parseArgs({
      args: [...words],
      options: {
        from: { type: "string" },
        store: { type: "string" },
        name: { type: "string", default: "name-server" },
        audience: { type: "string", default: "portolan" },
        "public-keys": { type: "string" },
        "store-token-file": { type: "string" },
        cache: { type: "string" },
        listen: { type: "string", multiple: true },
        "reuse-port": { type: "boolean" },
        "one-by-one": { type: "boolean" },
        admin: { type: "string" },
        zone: { type: "string", multiple: true },
        ns: { type: "string", multiple: true },
        geoip: { type: "string" },
        edge: { type: "string", multiple: true },
        "edge-port": { type: "string", default: "443" },
        ttl: { type: "string", default: "30" },
        federation: { type: "string" },
        "origin-suffix": { type: "string" },
        "rate-limit": { type: "string", default: "200" },
        "probe-interval": { type: "string" },
        "allow-private-origins": { type: "boolean" },
      },
    });
    const stopped = deps.untilStopped();
    const listen = (values.listen ?? []).map((text) => hostPort("--listen", text));
    const [first] = listen;
    if (first === undefined) throw new Failure("Cannot go on without --listen", EXAMPLE);
    const zones = (values.zone ?? []).map((text) => name("--zone", text));
    const [zone] = zones;
    if (zone === undefined) throw new Failure("Cannot go on without --zone", EXAMPLE);
    const server = await deps.startNameServer(
      {
        from: values.store === undefined ? required("--from", values.from, EXAMPLE) : storeOf(values, values.store),
        listen,
        reusePort: values["reuse-port"] ?? false,
        oneByOne: values["one-by-one"] ?? false,
        admin: values.admin === undefined ? null : hostPort("--admin", values.admin),
        zones,
        nameServers: values.ns === undefined ? ownNameServer(zone, first.host) : values.ns.map(nameServer),
        edges: (values.edge ?? []).map(edgeAt),
        edgePort: count("--edge-port", values["edge-port"], 65_535),
        geoip: values.geoip ?? null,
        ttl: count("--ttl", values.ttl, MAX_TTL),
        federation: values.federation === undefined ? null : federation(values.federation, zone),
        originSuffix: values["origin-suffix"] === undefined ? null : name("--origin-suffix", values["origin-suffix"]),
        rateLimit: count("--rate-limit", values["rate-limit"], MAX_RATE),
        probeIntervalMs:
          values["probe-interval"] === undefined ? null : duration("--probe-interval", values["probe-interval"]),
        allowPrivateOrigins: values["allow-private-origins"] ?? false,
      },
      deps,
    );
    deps.out(`${server.banner.join("\n")}\n`);
    await stopped;
    await server.close();
    return 0;
  },
};

function storeOf(values: StoreValues, store: string): NamesFromStore {
  const example = "portolan dns serve --store URL --public-keys FILE --zone NAME --listen 127.0.0.1:5300";
  if (values.from !== undefined) throw new Failure("Cannot choose between --from and --store: give one", example);
  return { store, ...storeAccess(values, example) };
}

function name(argument: string, text: string): string {
  const read = dnsName(text);
  const problem = read.ok ? managedNameProblem(read.name) : read.reason;
  if (read.ok && problem === null) return read.name;
  throw new Failure(`Cannot read ${argument} "${text}": ${problem}`, `${argument} gslb.example.org`);
}

/** The address that is listened on is the one to be asked, unless it stands for all of them. */
function ownNameServer(zone: string, host: string): NameServerOptions["nameServers"] {
  const address = parseLiteral(host);
  if (address !== null && host !== "0.0.0.0" && host !== "::") {
    return [{ name: `ns.${zone}`, addresses: [address.text] }];
  }
  throw new Failure(
    `Cannot tell the address of this name server: it listens on "${host}"`,
    `--ns ns1.${zone}=192.0.2.53`,
  );
}

function nameServer(text: string): NameServerOptions["nameServers"][number] {
  const equals = text.indexOf("=");
  const addresses = equals === -1 ? [] : addressesOf("--ns", text, text.slice(equals + 1));
  return { name: name("--ns", equals === -1 ? text : text.slice(0, equals)), addresses };
}

function edgeAt(text: string): EdgeAt {
  const at = text.indexOf("@");
  const equals = text.indexOf("=", at + 1);
  if (at < 1 || equals === -1) {
    throw new Failure(
      `Cannot read --edge "${text}": it is not NAME@PLACE=ADDRESS`,
      "--edge fra@aws/eu-central-1=192.0.2.1",
    );
  }
  const location = place("--edge", text.slice(at + 1, equals));
  return { name: text.slice(0, at), location, addresses: addressesOf("--edge", text, text.slice(equals + 1)) };
}

function addressesOf(argument: string, text: string, list: string): readonly string[] {
  return list.split(",").map((one) => {
    const address = parseLiteral(one);
    if (address !== null) return address.text;
    throw new Failure(`Cannot read ${argument} "${text}": "${one}" is no IP address`, `${argument} …=192.0.2.1`);
  });
}

function federation(text: string, zone: string): { readonly name: string; readonly suffix: string } {
  const [own = "", suffix = zone] = text.split("=");
  return { name: name("--federation", own), suffix: name("--federation", suffix) };
}
