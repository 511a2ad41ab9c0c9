/** A kind that the pretended API server serves. */
export interface ApiResource {
  readonly kind: string;
  readonly plural: string;
  readonly apiVersion: string;
  /** `/api/v1`, `/apis/networking.k8s.io/v1`. */
  readonly prefix: string;
  readonly group: string;
  readonly namespaced: boolean;
  /** It is read one by one, by name, as by an account whose Roles have resourceNames. */
  readonly unlisted: boolean;
}

/** Everything that the pretended API server serves. */
export const apiResources: readonly ApiResource[] = [
  resource("Service", "services", "", true),
  resource("Ingress", "ingresses", "networking.k8s.io", true),
  resource("IngressClass", "ingressclasses", "networking.k8s.io", false),
  resource("EndpointSlice", "endpointslices", "discovery.k8s.io", true),
  { ...resource("Secret", "secrets", "", true), unlisted: true },
];

function resource(kind: string, plural: string, group: string, namespaced: boolean): ApiResource {
  const apiVersion = group === "" ? "v1" : `${group}/v1`;
  const prefix = group === "" ? "/api/v1" : `/apis/${apiVersion}`;
  return { kind, plural, apiVersion, prefix, group, namespaced, unlisted: false };
}

/** A Kubernetes object as the pretended API server holds it. */
export interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ApiMetadata;
  readonly [field: string]: unknown;
}
export interface ApiMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly creationTimestamp?: string;
  readonly [field: string]: unknown;
}

/** Whether a value from outside is a mapping. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
