/** What the command line needs from the rest of the house; wired in `workers/cli.ts`. */
import type { ForwardingHeader } from "../core/address/client-address.ts";
import type { LocationHeaders } from "../core/geo/platform-location.ts";
import type { GeoPoint } from "../core/model.ts";
import type { Observation, Problem } from "../core/objects.ts";
import type { DnsSession, DnsSessionOptions } from "./dns-session.ts";
import type { Locator } from "../locate/locator.ts";

/** A directory (or one file) read once. */
export interface LoadedTree {
  readonly config: Observation;
  readonly clusters: readonly Observation[];
}

export interface EdgeOptions {
  readonly from: string;
  readonly listen: HostPort;
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
  /** File of the settings of DNS; null leaves DNS alone. */
  readonly dns: string | null;
}

export interface GatewayOptions {
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

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface UpOptions {
  /** Edges listen on port + 1 … + 4, the admin API on port + 80; 0 lets the system choose all of them. */
  readonly port: number;
}

/** Something that runs until it is closed. */
export interface Running {
  /** Lines for the person who started it. */
  readonly banner: readonly string[];
  close(): Promise<void>;
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
  readonly startGateway: (options: GatewayOptions, deps: Pick<CliDeps, "out" | "err">) => Promise<Running>;
  readonly startUp: (options: UpOptions, deps: Pick<CliDeps, "out" | "err">) => Promise<Running>;
  /** JSON schema of a kind of ours, null for other kinds. */
  readonly jsonSchema: (kind: string) => object | null;
  readonly schemaKinds: readonly string[];
  /** Resolves when the person asks to stop. */
  readonly untilStopped: () => Promise<void>;
  readonly version: string;
}
