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
export interface ToCluster {
  readonly id: number;
  readonly type: "partition-api";
  readonly on: boolean;
}
