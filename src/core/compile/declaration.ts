import type { ObjectSource, PathMatchType, Route, RouteAsks, ServiceKey, ValueMatch } from "../model.ts";
import type { ObjectMeta, Problem } from "../objects.ts";

/** One path of one object in one place, before hosts are given to owners and equal rules are merged. */
export interface Declaration {
  readonly kind: Route["kind"];
  /** Canonical; `*` for a rule without a host. */
  readonly host: string;
  readonly meta: ObjectMeta;
  readonly source: ObjectSource;
  /** Cluster that holds the rule; null for a federated object, which is for every member cluster. */
  readonly cluster: string | null;
  readonly path: { readonly type: PathMatchType; readonly value: string };
  readonly pathType: string | null;
  readonly method: string | null;
  readonly headers: readonly ValueMatch[];
  readonly query: readonly ValueMatch[];
  readonly backends: readonly { readonly service: ServiceKey; readonly weight: number }[];
  /** Left out where the object asks for nothing. */
  readonly asks?: RouteAsks;
}

/** What one object declares. */
export interface Declared {
  readonly declarations: readonly Declaration[];
  readonly problems: readonly Problem[];
}
