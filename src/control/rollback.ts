import type { Snapshot } from "../core/model.ts";
import type { Problem } from "../core/objects.ts";
import { loadSnapshot, type SnapshotSource } from "../core/snapshot/load.ts";
import { generationKey } from "../core/snapshot/publish.ts";
import type { Rollback } from "./interventions.ts";

export type KeptSnapshot =
  | { readonly ok: true; readonly snapshot: Snapshot }
  | { readonly ok: false; readonly problem: Problem };

/** What was published as that generation; a problem when it is no longer whole: nothing else may take its place. */
export async function keptSnapshot(source: SnapshotSource, rollback: Rollback): Promise<KeptSnapshot> {
  const get = (key: string) => source.get(key === "manifest" ? generationKey(rollback) : key);
  const loaded = await loadSnapshot({ ...source, get }, null);
  if (loaded.result === "loaded") return { ok: true, snapshot: loaded.loaded.snapshot };
  const reason = loaded.result === "refused" ? loaded.problems.join("; ") : `it is ${loaded.result}`;
  const message = `Cannot roll back to ${rollback.epoch}.${rollback.generation}: ${reason}; what is served stays, until: portolan rollback end`;
  const problem = { severity: "error", reason: "RollbackUnavailable", cluster: null, object: "", field: "" } as const;
  return { ok: false, problem: { ...problem, message, position: null } };
}
