/** What one source declares, by host, and what is wrong with its objects. Kept from one compile to the next. */
import { compareText } from "../match-route.ts";
import type { ServiceKey } from "../model.ts";
import type { EndpointSliceObject, IngressObject, KubeObjects, Observation, Problem } from "../objects.ts";
import { type AdoptedService, adoptedServices } from "./adopted.ts";
import type { Declaration, Declared } from "./declaration.ts";
import { difference, isSameList } from "../difference.ts";
import { forbiddenEndpoints } from "./endpoints.ts";
import { declareIngress, ownershipOf } from "./ingress.ts";

/** What a change of a source touches. */
export interface Touched {
  readonly hosts: Set<string>;
  /** Stand-in services of adopted Ingresses that this source has now, or (null) has no more. */
  readonly adopted: Map<ServiceKey, AdoptedService | null>;
}

export interface Source {
  readonly declarations: ReadonlyMap<string, readonly Declaration[]>;
  /** Of its Ingresses, then of its EndpointSlices; the same list until it changes. */
  problems(): readonly Problem[];
  /** Takes over what the source says now. Returns what it said before. */
  update(observation: Observation, touched: Touched): KubeObjects;
}

const NOTHING: KubeObjects = {
  ingresses: [],
  ingressClasses: [],
  services: [],
  endpointSlices: [],
  serviceExports: [],
  clusters: [],
  trafficPolicies: [],
  hostClaims: [],
  nodes: [],
  namespaces: [],
};

/** A source that has said nothing. Endpoints are judged in member clusters alone. */
export function source(cluster: string | null, allowPrivateOrigins: boolean): Source {
  let objects = NOTHING;
  let claimClassless: boolean | null = null;
  const declarations = new Map<string, readonly Declaration[]>();
  const declared = new Map<IngressObject, Declared>();
  /** Objects with problems: nearly none. */
  const troubled = new Map<IngressObject | EndpointSliceObject, readonly Problem[]>();
  let problems: readonly Problem[] | null = null;

  function put(ingress: IngressObject, observation: Observation, touched: Touched): void {
    const ownership = ownershipOf(ingress, observation);
    if (ownership === "foreign") return;
    const one = declareIngress(ingress, ownership, cluster);
    declared.set(ingress, one);
    if (one.problems.length > 0) troubled.set(ingress, one.problems);
    for (const [host, own] of Map.groupBy(one.declarations, (declaration) => declaration.host)) {
      const others = declarations.get(host);
      declarations.set(host, others === undefined ? own : [...others, ...own].sort(byObject));
      touched.hosts.add(host);
    }
    if (ownership !== "adopted") return;
    for (const [key, adopted] of adoptedServices(ingress)) touched.adopted.set(key, adopted);
  }

  function drop(ingress: IngressObject, touched: Touched): void {
    const one = declared.get(ingress);
    if (one === undefined) return;
    declared.delete(ingress);
    troubled.delete(ingress);
    for (const host of new Set(one.declarations.map((declaration) => declaration.host))) {
      const left = (declarations.get(host) ?? []).filter(({ meta }) => meta !== ingress.meta);
      if (left.length === 0) declarations.delete(host);
      else declarations.set(host, left);
      touched.hosts.add(host);
    }
    for (const [key] of adoptedServices(ingress)) touched.adopted.set(key, null);
  }

  function updateIngresses(observation: Observation, touched: Touched): void {
    const { ingresses, ingressClasses } = observation.objects;
    const isSameRule =
      claimClassless === observation.claimClassless && isSameList(objects.ingressClasses, ingressClasses);
    const { removed, added } = isSameRule
      ? difference(objects.ingresses, ingresses)
      : { removed: objects.ingresses, added: ingresses };
    for (const ingress of removed) drop(ingress, touched);
    for (const ingress of added) put(ingress, observation, touched);
    if (removed.length + added.length > 0) problems = null;
  }

  function updateSlices(now: readonly EndpointSliceObject[]): void {
    if (cluster === null) return;
    const { removed, added } = difference(objects.endpointSlices, now);
    for (const slice of removed) troubled.delete(slice);
    for (const slice of added) {
      const found = forbiddenEndpoints(cluster, [slice], allowPrivateOrigins);
      if (found.length > 0) troubled.set(slice, found);
    }
    if (removed.length + added.length > 0) problems = null;
  }

  return {
    declarations,
    problems() {
      const all = () => [...objects.ingresses, ...objects.endpointSlices];
      problems ??= troubled.size === 0 ? [] : all().flatMap((object) => troubled.get(object) ?? []);
      return problems;
    },
    update(observation, touched) {
      const before = objects;
      updateIngresses(observation, touched);
      updateSlices(observation.objects.endpointSlices);
      objects = observation.objects;
      ({ claimClassless } = observation);
      return before;
    },
  };
}

/** As the objects of a source are sorted; what one object declares stays in its order. */
function byObject({ meta: a }: Declaration, { meta: b }: Declaration): number {
  return compareText(a.namespace, b.namespace) || compareText(a.name, b.name);
}
