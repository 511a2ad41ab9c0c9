/** What a pretended cluster is made of. Given to the process as JSON in its first argument. */
export interface SimClusterOptions {
  readonly name: string;
  /** Zone that its backends say they are in: `us-east1-b`. */
  readonly zone: string;
  /** How many backends; each Service with a selector has all of them. */
  readonly backends: number;
  /** Kubernetes objects it starts with, of any API version; kinds that it does not serve are left out. */
  readonly manifests: readonly unknown[];
  /** Port of the API server and of each backend; a free one where nothing is given. */
  readonly apiPort?: number;
  readonly backendPorts?: readonly number[];
  readonly bookmarkIntervalMs?: number;
}

/** Where a started cluster can be reached. */
export interface SimClusterAddresses {
  /** `http://127.0.0.1:PORT`. */
  readonly apiUrl: string;
  readonly apiPort: number;
  readonly backendPorts: readonly number[];
}

/** From the cluster's process to its parent. */
export type FromCluster =
  | ({ readonly type: "ready" } & SimClusterAddresses)
  | { readonly type: "failed"; readonly message: string }
  /** The command with this number is carried out. */
  | { readonly type: "done"; readonly id: number };

/** From the parent to the cluster's process. */
export type ToCluster = { readonly id: number } & ClusterCommand;

export type ClusterCommand =
  | { readonly type: "partition-api"; readonly on: boolean }
  /** What backends do from now on. */
  | { readonly type: "trouble"; readonly trouble: Trouble };

/** What is wrong with the backends of a pretended cluster. */
export interface Trouble {
  /** Every answer's bytes leave that much later. */
  readonly latencyMs: number;
  /** Share of the requests, 0…1, that is answered with this status. */
  readonly errors: { readonly share: number; readonly status: number };
  /** Connections are taken, requests are read, nothing is answered. */
  readonly hang: boolean;
  /** Connections are reset when a request arrives. */
  readonly reset: boolean;
  /** Probes (`user-agent: portolan-probe`) are told that all is well. */
  readonly lies: boolean;
}

/** Nothing is wrong. */
export const NO_TROUBLE: Trouble = {
  latencyMs: 0,
  errors: { share: 0, status: 503 },
  hang: false,
  reset: false,
  lies: false,
};

const FAILING = { share: 1, status: 503 } as const;

/** Troubles by the word that `portolan sim` has for them. */
export const TROUBLES: Readonly<Record<"hang" | "reset" | "fail" | "half-broken" | "lie", Trouble>> = {
  hang: { ...NO_TROUBLE, hang: true },
  reset: { ...NO_TROUBLE, reset: true },
  fail: { ...NO_TROUBLE, errors: FAILING },
  "half-broken": { ...NO_TROUBLE, errors: { share: 0.3, status: 500 } },
  lie: { ...NO_TROUBLE, errors: FAILING, lies: true },
};
