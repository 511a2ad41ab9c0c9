/** What has to happen to the objects of a join, compared with what is there. */
import { CLUSTER_ANNOTATION, type JoinObject, MANAGED_BY, MANAGER } from "../../core/join/objects.ts";
import type { ApiClient, ApiObject } from "../api-client.ts";
import type { ApiFailure } from "../http.ts";
import { isRecord } from "../plain.ts";
import { textAt } from "./facts.ts";

export interface PlannedObject extends JoinObject {
  /** `clash`: somebody else's object has that name, or one of another Cluster's join. `remove`: nobody needs it any more. */
  readonly action: "create" | "change" | "keep" | "clash" | "remove";
  /** For a clash whose it is; otherwise empty. */
  readonly owner: string;
  readonly uid: string | null;
}

/** Reads each object. Fails at the first that cannot be read. */
export async function planObjects(
  client: ApiClient,
  objects: readonly JoinObject[],
): Promise<readonly PlannedObject[] | ApiFailure> {
  const planned: PlannedObject[] = [];
  for (const one of objects) {
    const found = await client.get(one.path);
    if (!found.ok && found.status !== 404) return found;
    planned.push(found.ok ? compared(one, found.object) : { ...one, action: "create", owner: "", uid: null });
  }
  return planned;
}

function compared(wanted: JoinObject, found: ApiObject): PlannedObject {
  const uid = textAt(found, "metadata", "uid");
  const manager = textAt(found, "metadata", "labels", MANAGED_BY);
  const cluster = textAt(found, "metadata", "annotations", CLUSTER_ANNOTATION);
  const own = textAt(wanted.object, "metadata", "annotations", CLUSTER_ANNOTATION);
  if (manager !== MANAGER) return { ...wanted, action: "clash", owner: manager ?? "somebody else", uid };
  if (cluster !== own) return { ...wanted, action: "clash", owner: `the join of ${cluster ?? "another cluster"}`, uid };
  return { ...wanted, action: isWithin(wanted.object, found) ? "keep" : "change", owner: "", uid };
}

/** Whether everything of the first stands in the second; what the server adds does not count. */
function isWithin(wanted: unknown, found: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(found) &&
      wanted.length === found.length &&
      wanted.every((one, index) => isWithin(one, found[index]))
    );
  }
  if (!isRecord(wanted)) return wanted === found;
  return isRecord(found) && Object.entries(wanted).every(([name, value]) => isWithin(value, found[name]));
}
