/** What one source declares, by host, and what is wrong with its Ingresses. Kept from one compile to the next. */
import { compareText } from "../match-route.ts";
import type { ServiceKey } from "../model.ts";
import type { IngressObject, KubeObjects, Observation, Problem } from "../objects.ts";
import { type AdoptedService, adoptedServices } from "./adopted.ts";
import type { Declaration, Declared } from "./declaration.ts";
import { difference, isSameList } from "../difference.ts";
import { declareIngress, ownershipOf } from "./ingress.ts";

/** What a change of a source touches. */
export interface Touched {
  readonly hosts: Set<string>;
  /** Stand-in services of adopted Ingresses that this source has now, or (null) has no more. */
  readonly adopted: Map<ServiceKey, AdoptedService | null>;
}

export interface Source {
  readonly declarations: ReadonlyMap<string, readonly Declaration[]>;
  /** In the order of the Ingresses; the same list until it changes. */
  problems(): readonly Problem[];
  /** Takes over what the source says now. */
  update(observation: Observation, touched: Touched): void;
}

/** A source that has said nothing. */
export function source(cluster: string | null): Source {
  let objects: Pick<KubeObjects, "ingresses" | "ingressClasses"> = { ingresses: [], ingressClasses: [] };
  let claimClassless: boolean | null = null;
  const declarations = new Map<string, readonly Declaration[]>();
  const declared = new Map<IngressObject, Declared>();
  /** Objects with problems: nearly none. */
  const troubled = new Map<IngressObject, readonly Problem[]>();
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

  return {
    declarations,
    problems() {
      problems ??= troubled.size === 0 ? [] : objects.ingresses.flatMap((object) => troubled.get(object) ?? []);
      return problems;
    },
    update(observation, touched) {
      const { ingresses, ingressClasses } = observation.objects;
      const isSameRule =
        claimClassless === observation.claimClassless && isSameList(objects.ingressClasses, ingressClasses);
      const { removed, added } = isSameRule
        ? difference(objects.ingresses, ingresses)
        : { removed: objects.ingresses, added: ingresses };
      for (const ingress of removed) drop(ingress, touched);
      for (const ingress of added) put(ingress, observation, touched);
      if (removed.length + added.length > 0) problems = null;
      objects = observation.objects;
      ({ claimClassless } = observation);
    },
  };
}

/** As the objects of a source are sorted; what one object declares stays in its order. */
function byObject({ meta: a }: Declaration, { meta: b }: Declaration): number {
  return compareText(a.namespace, b.namespace) || compareText(a.name, b.name);
}
