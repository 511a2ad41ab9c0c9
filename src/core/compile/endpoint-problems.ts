/** Endpoint addresses of one member that are refused. Kept from one compile to the next. */
import type { Difference } from "../difference.ts";
import type { EndpointSliceObject, Problem } from "../objects.ts";
import { forbiddenEndpoints } from "./endpoints.ts";

export interface EndpointProblems {
  /** Takes over what changed. */
  update(slices: Difference<EndpointSliceObject>): void;
  /** In the order of the slices, which are all that there are; the same list until it changes. */
  of(slices: readonly EndpointSliceObject[]): readonly Problem[];
}

/** Nothing was judged yet. */
export function endpointProblems(cluster: string, allowPrivateOrigins: boolean): EndpointProblems {
  /** Nearly none. */
  const troubled = new Map<EndpointSliceObject, readonly Problem[]>();
  let problems: readonly Problem[] | null = null;
  return {
    update({ removed, added }) {
      for (const slice of removed) troubled.delete(slice);
      for (const slice of added) {
        const found = forbiddenEndpoints(cluster, [slice], allowPrivateOrigins);
        if (found.length > 0) troubled.set(slice, found);
      }
      if (removed.length + added.length > 0) problems = null;
    },
    of(slices) {
      problems ??= troubled.size === 0 ? [] : slices.flatMap((slice) => troubled.get(slice) ?? []);
      return problems;
    },
  };
}
