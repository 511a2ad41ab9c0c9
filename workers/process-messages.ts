/** What the processes of an edge say to each other. */
import type { EdgeSettings } from "../src/cli/deps.ts";
import type { LoadedSnapshot } from "../src/core/snapshot/load.ts";

/** What each of them needs to serve; the store is in the first one. */
export interface ProcessOptions extends EdgeSettings {
  readonly processes: number;
  /** What the processes are called, each with its number. */
  readonly name: string;
  readonly audience: string;
  /** Where TLS Secrets are read; null where there are none. */
  readonly from: string | null;
  /** File of the keys that manifests are checked with; null where the store is our own. */
  readonly publicKeys: string | null;
  readonly pollIntervalMs: number;
  /** Where sealed certificates are kept; null where nothing is. */
  readonly cache: string | null;
}

/** The snapshot that a process serves. */
export interface ServedVersion {
  readonly epoch: number;
  readonly generation: number;
  readonly publishedAtMs: number;
  readonly hash: string;
}

/** As it is told. */
export function versionOf({ manifest, hash }: LoadedSnapshot): ServedVersion {
  const { epoch, generation, publishedAtMs } = manifest;
  return { epoch, generation, publishedAtMs, hash };
}

/** `store` is what edges read, `kept` what was served before the start. */
export type ProcessStore = "store" | "kept";

/** What the first process says. */
export type ToProcess =
  | { readonly type: "start"; readonly options: ProcessOptions; readonly name: string; readonly pinKeys: string }
  | { readonly type: "stored"; readonly id: number; readonly text: string | null; readonly ok: boolean }
  | { readonly type: "metrics"; readonly id: number }
  | { readonly type: "tap"; readonly id: number; readonly query: Readonly<Record<string, string>> }
  | { readonly type: "untap"; readonly id: number }
  | { readonly type: "refresh" }
  | { readonly type: "reload" }
  | { readonly type: "stop" };

/** What a process says to it. */
export type FromProcess =
  | { readonly type: "ready"; readonly url: string; readonly plainUrl: string | null }
  | { readonly type: "failed"; readonly message: string; readonly code: string }
  | { readonly type: "get"; readonly id: number; readonly key: string; readonly of: ProcessStore }
  | { readonly type: "report"; readonly edge: string; readonly text: string }
  | { readonly type: "served"; readonly version: ServedVersion }
  | { readonly type: "tapped"; readonly id: number; readonly lines: string }
  | { readonly type: "metrics"; readonly id: number; readonly text: string };
