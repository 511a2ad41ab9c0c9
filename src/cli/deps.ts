/** What the command line needs from the rest of the house; wired in `workers/cli.ts`. */
import type { ForwardingHeader } from "../core/address/client-address.ts";
import type { LocationHeaders } from "../core/geo/platform-location.ts";
import type { GeoPoint } from "../core/model.ts";
import type { Observation, Problem } from "../core/objects.ts";
import type { RuntimeCapabilities } from "../core/capabilities.ts";
import type { DnsSession, DnsSessionOptions } from "./dns-session.ts";
import type { Locator } from "../locate/locator.ts";
import type { KubeCommands } from "./kube-commands.ts";

/** A directory (or one file) read once. */
export interface LoadedTree {
  readonly config: Observation;
  readonly clusters: readonly Observation[];
}

/** Where the certificates of a listener come from. */
export interface TlsFiles {
  readonly pairs: readonly { readonly cert: string; readonly key: string }[];
  readonly directory: string | null;
  /** Those of the Secrets that `spec.tls` names, from the same files as the Ingresses. */
  readonly secrets: boolean;
  /** Files of the keys that open what control has sealed; none takes nothing of that. */
  readonly edgeKeys: readonly string[];
}

/** What every listener for requests has; docs/engine.md says what the limits are of. 0 is no limit. */
export interface ListenerOptions {
  /** Null serves plain HTTP. */
  readonly tls: TlsFiles | null;
  readonly proxyProtocolFrom: readonly string[];
  readonly limits: {
    readonly headBytes: number;
    readonly headFields: number;
    readonly targetBytes: number;
    readonly connections: number;
    readonly requestsPerConnection: number;
    readonly headMs: number;
    readonly bodyMs: number;
    readonly idleMs: number;
    readonly stalledMs: number;
    readonly originIdleMs: number;
  };
  readonly connectMs: number;
  readonly drainMs: number;
}

export interface EdgeOptions extends EdgeSettings {
  readonly from: string;
}

/** An edge that reads what a control function has published. */
export interface StoreEdgeOptions extends EdgeSettings {
  /** URL of the store, or the folder where it is; or where control pushes to, behind the token. */
  readonly store: string | { readonly receive: HostPort };
  readonly name: string;
  /** File of the keys that manifests are checked with. */
  readonly publicKeys: string;
  readonly audience: string;
  /** Token with which the edge may report; null when it does not. */
  readonly tokenFile: string | null;
  /** Folder for the last good snapshot, to start from when the store is away. */
  readonly cache: string | null;
}

/** What an edge is told wherever its snapshots come from. */
export interface EdgeSettings {
  /** Processes that share the port; 0 serves in the one that runs everything else. */
  readonly processes: number;
  readonly listen: HostPort;
  readonly listener: ListenerOptions;
  /** A second, plain port whose requests are sent to https. */
  readonly plainListen: HostPort | null;
  /** Port of https as clients see it; null for the one that is listened on. */
  readonly httpsPort: number | null;
  readonly location: GeoPoint | null;
  readonly geoip: string | null;
  readonly trustedProxies: readonly string[];
  readonly trustedHops: number;
  readonly trustedHeader: ForwardingHeader | null;
  readonly locationHeaders: LocationHeaders | null;
  readonly admin: HostPort | null;
  readonly allowPrivateOrigins: boolean;
  /** Who sends it as Portolan-Debug is told the decision; null tells nobody. Never printed. */
  readonly debugToken: string | null;
  /** File of the keys that sign requests to gateways. */
  readonly hopKeys: string | null;
  /** PEM files that the edge shows to origins that ask for a certificate. */
  readonly originCertificate: { readonly cert: string; readonly key: string } | null;
  /** File of the settings of DNS; null leaves DNS alone. */
  readonly dns: string | null;
}

export interface GatewayOptions {
  readonly listener: ListenerOptions;
  readonly listen: HostPort;
  /** Where Services and EndpointSlices are read: a directory, or the API of the cluster that it runs in. */
  readonly from: { readonly directory: string } | { readonly kubeApi: string };
  readonly hopKeys: string;
  /** Pods of this zone come first; null for no zone. */
  readonly zone: string | null;
  readonly admin: HostPort | null;
  readonly allowPrivateOrigins: boolean;
  /** Between the moment when it says that it is not ready and the moment when it stops accepting. */
  readonly drainDelayMs: number;
}

/** An edge that names may lead to. */
export interface EdgeAt {
  readonly name: string;
  readonly location: GeoPoint;
  readonly addresses: readonly string[];
}

/** The store of a control function, as an edge reads it. */
export type NamesFromStore = Pick<
  StoreEdgeOptions,
  "store" | "name" | "publicKeys" | "audience" | "tokenFile" | "cache"
>;

export interface NameServerOptions {
  /** A directory of manifests, or what a control function has published. */
  readonly from: string | NamesFromStore;
  /** Each over UDP and TCP. A machine with several addresses names each: answers come from the one that was asked. */
  readonly listen: readonly HostPort[];
  /** Other processes may listen there too. */
  readonly reusePort: boolean;
  /** Takes datagrams by Node's own socket, one by one, also where batches can be had. */
  readonly oneByOne: boolean;
  readonly admin: HostPort | null;
  /** Canonical names of the zones that are answered. */
  readonly zones: readonly string[];
  /** What the zones' NS records name. */
  readonly nameServers: readonly { readonly name: string; readonly addresses: readonly string[] }[];
  /** Hosts lead to the nearest of these; with none, to the nearest cluster. */
  readonly edges: readonly EdgeAt[];
  /** Port at which edges are probed. */
  readonly edgePort: number;
  readonly geoip: string | null;
  readonly ttl: number;
  readonly federation: { readonly name: string; readonly suffix: string } | null;
  readonly originSuffix: string | null;
  /** Equal answers a second to one network over UDP; 0 for no limit. */
  readonly rateLimit: number;
  /** Shortens the intervals of probes to at most this; null leaves them as configured. */
  readonly probeIntervalMs: number | null;
  readonly allowPrivateOrigins: boolean;
}

export interface DnsWebhookOptions {
  /** File of the settings of DNS. */
  readonly config: string;
  readonly listen: HostPort;
  /** One zone of the settings; null for all of them. */
  readonly zone: string | null;
}

/** `portolan.yaml`. */
export interface ControlOptions {
  readonly file: string;
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface UpOptions {
  /** Edges listen on port + 1 … + 4, the admin API on port + 80; 0 lets the system choose all of them. */
  readonly port: number;
  /** File of the settings of DNS; null leaves DNS alone. */
  readonly dns: string | null;
}

/** Something that runs until it is closed. */
export interface Running {
  /** Lines for the person who started it. */
  readonly banner: readonly string[];
  /** Reads again what is not watched, and replaces processes; left out where there is nothing of that. */
  readonly reload?: () => Promise<void>;
  close(): Promise<void>;
}

/** What `portolan bundle` reads. */
export interface BundleOptions {
  /** Base address. */
  readonly store: string;
  /** File of the keys that manifests are checked with. */
  readonly publicKeys: string;
  readonly audience: string;
}

export interface CliDeps {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Reads manifests once; problems are in the observations. Rejects when the path cannot be read. */
  readonly loadTree: (path: string) => Promise<LoadedTree>;
  /** Every problem of a file or directory, also what only shows when everything is compiled together. */
  readonly validate: (path: string, allowPrivateOrigins: boolean) => Promise<readonly Problem[]>;
  /** The debug token of a file, of the environment when there is none, or null. */
  readonly debugToken: (file: string | null) => Promise<string | null>;
  readonly openLocator: (path: string) => Promise<Locator>;
  readonly openDns: (options: DnsSessionOptions) => Promise<DnsSession>;
  readonly startEdge: (options: EdgeOptions, deps: Pick<CliDeps, "out" | "err">) => Promise<Running>;
  readonly startStoreEdge: (options: StoreEdgeOptions, deps: Pick<CliDeps, "out" | "err">) => Promise<Running>;
  readonly startGateway: (options: GatewayOptions, deps: Pick<CliDeps, "out" | "err">) => Promise<Running>;
  readonly startDnsWebhook: (options: DnsWebhookOptions, deps: Pick<CliDeps, "err">) => Promise<Running>;
  readonly startNameServer: (options: NameServerOptions, deps: Pick<CliDeps, "out" | "err">) => Promise<Running>;
  readonly startUp: (options: UpOptions, deps: Pick<CliDeps, "out" | "err">) => Promise<Running>;
  /** What an edge can do on each runtime. */
  readonly capabilities: readonly RuntimeCapabilities[];
  readonly startControl: (options: ControlOptions, deps: Pick<CliDeps, "out" | "err">) => Promise<Running>;
  /** Reconciles once; `published` and `unchanged` mean that edges can have what the clusters say now, and zones follow. */
  readonly syncOnce: (
    options: ControlOptions,
    deps: Pick<CliDeps, "out" | "err">,
  ) => Promise<"published" | "unchanged" | "waiting" | "lost-race" | "dns-failing">;
  /** Makes a key pair for manifests in a folder; the paths that were written. */
  readonly makeKeys: (folder: string, keyId: string) => Promise<readonly string[]>;
  /** Makes the pair that certificates are sealed to; the paths that were written, and the public key as JSON. */
  readonly makeEdgeKey: (
    folder: string,
    keyId: string,
  ) => Promise<{ readonly paths: readonly string[]; readonly publicKey: string }>;
  /** The published snapshot of a store in one piece, as JSON. */
  readonly bundle: (options: BundleOptions) => Promise<string>;
  /** JSON schema of a kind of ours, null for other kinds. */
  readonly jsonSchema: (kind: string) => object | null;
  readonly schemaKinds: readonly string[];
  readonly kube: KubeCommands;
  /** Resolves when the person asks to stop; SIGHUP is that too, unless somebody wants to be told of it. */
  readonly untilStopped: (onHangup?: () => void) => Promise<void>;
  readonly version: string;
}
