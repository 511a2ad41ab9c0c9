import { isMapping } from "./api-resources.ts";

type Mapping = Readonly<Record<string, unknown>>;

/**
 * An object in the version that an API server stores: an Ingress of `extensions/v1beta1` or `networking.k8s.io/v1beta1`
 * becomes one of `networking.k8s.io/v1`, as a server does that still reads the betas. Other objects stay as they are.
 */
export function storedVersion(object: Mapping): Mapping {
  const { kind, apiVersion, spec } = object;
  if (kind === "EndpointSlice" || kind === "IngressClass") {
    return typeof apiVersion === "string" ? { ...object, apiVersion: apiVersion.replace(/v1beta1$/, "v1") } : object;
  }
  if (kind !== "Ingress" || typeof apiVersion !== "string" || !apiVersion.endsWith("/v1beta1")) return object;
  return { ...object, apiVersion: "networking.k8s.io/v1", ...(isMapping(spec) ? { spec: ingressSpec(spec) } : {}) };
}

function ingressSpec({ backend, rules, ...rest }: Mapping): Mapping {
  return {
    ...rest,
    ...(isMapping(backend) ? { defaultBackend: ingressBackend(backend) } : {}),
    ...(Array.isArray(rules)
      ? { rules: rules.map((rule: unknown) => (isMapping(rule) ? ingressRule(rule) : rule)) }
      : {}),
  };
}

function ingressRule(rule: Mapping): Mapping {
  const { http } = rule;
  if (!isMapping(http) || !Array.isArray(http["paths"])) return rule;
  const paths = http["paths"].map((path: unknown) => {
    if (!isMapping(path)) return path;
    const { backend } = path;
    return {
      ...path,
      pathType: path["pathType"] ?? "ImplementationSpecific",
      backend: isMapping(backend) ? ingressBackend(backend) : backend,
    };
  });
  return { ...rule, http: { ...http, paths } };
}

function ingressBackend({ serviceName, servicePort, ...rest }: Mapping): Mapping {
  if (serviceName === undefined) return rest;
  const port = typeof servicePort === "number" ? { number: servicePort } : { name: servicePort };
  return { ...rest, service: { name: serviceName, port } };
}
