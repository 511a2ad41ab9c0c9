import { isRecord } from "./plain.ts";

/** The version that API servers have served alone since Kubernetes 1.22. */
export const INGRESS_V1 = "networking.k8s.io/v1";

export interface ConvertedIngress {
  readonly value: Readonly<Record<string, unknown>>;
  /** What is different now, one clause each; empty when the object was `networking.k8s.io/v1` already. */
  readonly changes: readonly string[];
}

type Plain = Readonly<Record<string, unknown>>;

const CLASS_ANNOTATION = "kubernetes.io/ingress.class";

/**
 * A plain Ingress of any version as `networking.k8s.io/v1`, as an API server would convert it: fields it does not
 * name stay as they are. The value must have passed `readIngress`. `className` moves it to that IngressClass.
 *
 * | beta | v1 |
 * |---|---|
 * | `spec.backend` | `spec.defaultBackend` |
 * | `serviceName`, `servicePort` | `service.name`, `service.port.number` or `.name` |
 * | `pathType` left out | `ImplementationSpecific`, which is what the betas meant |
 * | annotation `kubernetes.io/ingress.class` | stays: only its controller knows whether a class of that name exists |
 */
export function convertIngress(value: Plain, className: string | null): ConvertedIngress {
  const changes: string[] = [];
  const from = String(value["apiVersion"]);
  const beta = from !== INGRESS_V1;
  const counts = { backends: 0, pathTypes: 0 };
  const spec = isRecord(value["spec"]) ? value["spec"] : {};
  const converted = beta ? specV1(spec, counts) : spec;
  if (beta) changes.push(`${from} is ${INGRESS_V1} now`);
  if (counts.backends > 0) changes.push(`${plural(counts.backends, "backend")} as service.name and service.port`);
  if (counts.pathTypes > 0)
    changes.push(`pathType ImplementationSpecific on ${plural(counts.pathTypes, "path")}, as ${from} meant`);
  const classed = withClass({ ...value, apiVersion: INGRESS_V1, spec: converted }, className, changes);
  return { value: classed, changes };
}

interface Counts {
  backends: number;
  pathTypes: number;
}

function specV1(spec: Plain, counts: Counts): Plain {
  const rest = Object.entries(spec).map(([name, value]): [string, unknown] => {
    if (name === "backend") return ["defaultBackend", backendV1(value, counts)];
    if (name === "rules" && Array.isArray(value)) return [name, value.map((rule: unknown) => ruleV1(rule, counts))];
    return [name, value];
  });
  return Object.fromEntries(rest);
}

function ruleV1(rule: unknown, counts: Counts): unknown {
  if (!isRecord(rule) || !isRecord(rule["http"]) || !Array.isArray(rule["http"]["paths"])) return rule;
  const paths = rule["http"]["paths"].map((path: unknown) => pathV1(path, counts));
  return { ...rule, http: { ...rule["http"], paths } };
}

function pathV1(path: unknown, counts: Counts): unknown {
  if (!isRecord(path)) return path;
  const { backend, pathType, ...others } = path;
  const missing = pathType === undefined || pathType === null;
  if (missing) counts.pathTypes += 1;
  return {
    ...others,
    pathType: missing ? "ImplementationSpecific" : pathType,
    backend: backendV1(backend, counts),
  };
}

function backendV1(backend: unknown, counts: Counts): unknown {
  if (!isRecord(backend)) return backend;
  const { serviceName, servicePort, ...others } = backend;
  if (serviceName === undefined || serviceName === null || serviceName === "") return others;
  counts.backends += 1;
  const port = typeof servicePort === "number" ? { number: servicePort } : { name: servicePort };
  return { ...others, service: { name: serviceName, port } };
}

function withClass(value: Plain, className: string | null, changes: string[]): Plain {
  const metadata = isRecord(value["metadata"]) ? value["metadata"] : {};
  const annotations = isRecord(metadata["annotations"]) ? metadata["annotations"] : {};
  const annotated = annotations[CLASS_ANNOTATION];
  if (className === null) {
    if (annotated !== undefined && changes.length > 0) {
      changes.push(`annotation ${CLASS_ANNOTATION}: ${shown(annotated)} stays; --class moves it`);
    }
    return value;
  }
  const spec = isRecord(value["spec"]) ? value["spec"] : {};
  if (spec["ingressClassName"] === className && annotated === undefined) return value;
  const before = spec["ingressClassName"] ?? annotated;
  changes.push(`class ${className}${before === undefined ? "" : ` instead of ${shown(before)}`}`);
  // An API server refuses an object that has both.
  const { [CLASS_ANNOTATION]: _old, ...kept } = annotations;
  const { annotations: _all, ...others } = metadata;
  const moved = Object.keys(kept).length === 0 ? others : { ...metadata, annotations: kept };
  return { ...value, metadata: moved, spec: { ingressClassName: className, ...omit(spec, "ingressClassName") } };
}

function omit(value: Plain, name: string): Plain {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
