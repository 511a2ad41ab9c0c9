/** Wishes for the names of pods, and for those of exported Services; in private zones only. */
import { compareText } from "../match-route.ts";
import { answerFor } from "./answer.ts";
import { type FederatedRecords, globalName } from "./federated-service.ts";
import type { ManagedZone, NameRequest } from "./name-request.ts";
import { isWithin } from "./names.ts";
import { type NamedService, namedServices, type NamedServicesInput } from "./observed-pods.ts";
import { CLUSTERSET_DOMAIN, clustersetName, headlessSets, podName, srvSets } from "./pod-names.ts";
import type { Zone } from "./records.ts";

export interface PodRequestsInput extends NamedServicesInput {
  readonly zones: readonly ManagedZone[];
  readonly federation: {
    readonly name: string;
    readonly suffix: string;
    readonly visibility: Zone["visibility"];
  } | null;
  readonly ttlSeconds: number;
  readonly resolved: ReadonlyMap<string, readonly string[] | null>;
  /** Federated Services with addresses of their own, as `namespace/name`: their names are taken. */
  readonly taken: ReadonlySet<string>;
}

/** Wishes of Services whose clusters were observed. */
export function podRequests(input: PodRequestsInput): readonly NameRequest[] {
  return [...federatedPods(input), ...exported(input)];
}

function federatedPods(input: PodRequestsInput): readonly NameRequest[] {
  const { federation, taken } = input;
  if (federation === null) return [];
  return namedServices(input, "pods").map((one): NameRequest => {
    const { service, namespace } = one;
    const { suffix, visibility } = federation;
    const base = globalName({ service, namespace, federation: federation.name, suffix });
    const loss =
      visibility === "public"
        ? `Pods of Service ${namespace}/${service} have names in private zones only: the federation's are public`
        : taken.has(`${namespace}/${service}`)
          ? `Pods of Service ${namespace}/${service} have no names: in other clusters it has addresses of its own`
          : null;
    const resource = `pods/${namespace}/${service}`;
    const answer = (): FederatedRecords =>
      loss === null ? headless(base, one, input) : { ...NOTHING, losses: [...one.losses, loss] };
    return { name: base, resource, visibility, below: null, answer };
  });
}

/** A private zone for them is the sign that they are wanted: elsewhere another implementation serves these names. */
function exported(input: PodRequestsInput): readonly NameRequest[] {
  const isWanted = input.zones.some(
    ({ zone }) =>
      zone.visibility === "private" &&
      (isWithin(CLUSTERSET_DOMAIN, zone.name) || isWithin(zone.name, CLUSTERSET_DOMAIN)),
  );
  if (!isWanted) return [];
  return namedServices(input, "export").map((one): NameRequest => {
    const base = clustersetName(one.service, one.namespace);
    const resource = `serviceexport/${one.namespace}/${one.service}`;
    const answer = (managed: ManagedZone): FederatedRecords =>
      one.headless ? headless(base, one, input) : balanced(base, one, { ...input, managed });
    return { name: base, resource, visibility: "private", below: null, answer };
  });
}

const NOTHING: FederatedRecords = { sets: [], keep: [], resolve: [], losses: [] };

function headless(base: string, one: NamedService, { ttlSeconds }: PodRequestsInput): FederatedRecords {
  const ready = one.pods.filter((pod) => pod.ready);
  const { losses } = one;
  // Not a single pod is ready: the last answers stay (DESIGN.md rule 4).
  if (ready.length === 0) return { ...NOTHING, keep: namesOf(base, one), losses };
  return { ...NOTHING, sets: headlessSets(base, ready, one.ports, ttlSeconds), losses };
}

function namesOf(base: string, { pods, ports }: NamedService): readonly string[] {
  const own = pods.flatMap(({ cluster, hostname }) => (hostname === null ? [] : [podName(base, cluster, hostname)]));
  const srv = srvSets(base, [base], ports, 0).map((set) => set.name);
  return [...new Set([base, ...own, ...srv])].sort(compareText);
}

function balanced(
  base: string,
  one: NamedService,
  { ttlSeconds, resolved, managed: { zone, capabilities } }: PodRequestsInput & { readonly managed: ManagedZone },
): FederatedRecords {
  const { losses, targets, ports } = one;
  if (!one.hasBalancer) {
    const where = `Service ${one.namespace}/${one.service} is exported, but its addresses are for its own clusters only`;
    return { ...NOTHING, losses: [...losses, `${where}: make it headless or of type LoadBalancer`] };
  }
  if (targets.length === 0) return { ...NOTHING, keep: namesOf(base, one), losses };
  const isApex = base === zone.name;
  const found = answerFor(base, targets, { ttlSeconds, capabilities, resolved, isApex, alwaysResolve: false });
  return {
    sets: [...found.sets, ...srvSets(base, [base], ports, ttlSeconds)],
    keep: found.keep ? [base] : [],
    resolve: found.resolve,
    losses: [...losses, ...found.losses],
  };
}
