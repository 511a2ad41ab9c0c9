/**
 * Adopted Ingresses: another controller serves them, whatever Services their rules name. So each of their hosts has a
 * stand-in service, whose addresses are those that the controller wrote.
 */
import type { Origin, ServiceKey } from "../model.ts";
import type { IngressObject, LoadBalancerAddress } from "../objects.ts";

/** Where the controller of an adopted Ingress serves one of its hosts, and under which name. */
export interface AdoptedService extends Pick<Origin, "protocol" | "serverName"> {
  readonly addresses: readonly LoadBalancerAddress[];
}

/** Key of the stand-in service. No rule can name it: the key of a real service port has three parts, this one four. */
export function adoptedKey(ingress: IngressObject, host: string): ServiceKey {
  return `${ingress.meta.namespace}/${ingress.meta.name}/ingress/${host}`;
}

/** Host of a rule as hosts are keyed: `*` for a rule without one. */
export function ruleHost(host: string): string {
  return host === "" ? "*" : host.toLowerCase();
}

/** The stand-in services of an adopted Ingress, by key. */
export function adoptedServices(ingress: IngressObject): readonly (readonly [ServiceKey, AdoptedService])[] {
  const hosts = new Set(ingress.rules.map((rule) => ruleHost(rule.host))).add("*");
  return [...hosts].map((host) => {
    const spoken = { ...speaks(ingress, host), addresses: ingress.loadBalancer };
    return [adoptedKey(ingress, host), spoken] as const;
  });
}

/**
 * TLS for the hosts that `spec.tls` covers: for every host when an entry names none. The certificate is asked for by
 * the host that users ask for, since that is what it holds, and never by the controller's address. All hosts under a
 * wildcard are asked for by one name that it covers, so that they share connections.
 */
function speaks({ tls }: IngressObject, host: string): Pick<Origin, "protocol" | "serverName"> {
  const wildcard = `*.${host.slice(host.indexOf(".") + 1)}`;
  const covered = tls.some(({ hosts }) => hosts.length === 0 || hosts.includes(host) || hosts.includes(wildcard));
  if (!covered) return { protocol: "http", serverName: null };
  if (host === "*") return { protocol: "https", serverName: null };
  return { protocol: "https", serverName: host.startsWith("*.") ? `portolan.${host.slice(2)}` : host };
}
