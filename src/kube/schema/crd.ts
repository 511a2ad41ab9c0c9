import { inputSchema, SCHEMA_KINDS } from "./json-schema.ts";
import { structural } from "./structural.ts";

interface Names {
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  readonly columns: readonly Column[];
}

interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "date";
  readonly jsonPath: string;
  /** 0 is shown always, 1 with `-o wide` alone. */
  readonly priority?: 0 | 1;
}

const AGE: Column = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };
const ACCEPTED: Column = {
  name: "Accepted",
  type: "string",
  jsonPath: '.status.conditions[?(@.type=="Accepted")].status',
};

const NAMES: ReadonlyMap<string, Names> = new Map<string, Names>([
  [
    "Cluster",
    {
      plural: "clusters",
      shortNames: [],
      description: "One Kubernetes cluster that may serve requests.",
      columns: [
        { name: "Region", type: "string", jsonPath: ".spec.region" },
        { name: "Weight", type: "integer", jsonPath: ".spec.weight" },
        { name: "API", type: "string", jsonPath: ".status.api" },
        { name: "Data", type: "string", jsonPath: ".status.data" },
        { name: "Backends", type: "string", jsonPath: ".status.backends" },
        { name: "Provider", type: "string", jsonPath: ".spec.provider", priority: 1 },
        { name: "Gateway", type: "string", jsonPath: ".spec.gateway.connectHost", priority: 1 },
        AGE,
      ],
    },
  ],
  [
    "TrafficPolicy",
    {
      plural: "trafficpolicies",
      shortNames: [],
      description: "How the clusters of some hosts are ordered, and what is known about client networks.",
      columns: [
        { name: "Hosts", type: "string", jsonPath: ".spec.hosts" },
        { name: "Steering", type: "string", jsonPath: ".spec.steering.type" },
        ACCEPTED,
        AGE,
      ],
    },
  ],
  [
    "HostClaim",
    {
      plural: "hostclaims",
      shortNames: [],
      description: "Which namespaces, of which clusters, may use which hosts.",
      columns: [
        { name: "Hosts", type: "string", jsonPath: ".spec.hosts" },
        { name: "Namespaces", type: "string", jsonPath: ".spec.namespaces" },
        ACCEPTED,
        AGE,
      ],
    },
  ],
]);

/** CustomResourceDefinitions of our kinds, made from the schemas that read them; `apiextensions.k8s.io/v1`. */
export function customResourceDefinitions(): readonly object[] {
  return SCHEMA_KINDS.map((kind) => {
    const names = NAMES.get(kind);
    if (names === undefined) throw new RangeError(`Cannot define ${kind}: it has no names`);
    return definition(kind, names);
  });
}

function definition(kind: string, { plural, shortNames, description, columns }: Names): object {
  const { properties = {}, required = [] } = inputSchema(kind);
  const schema = {
    type: "object",
    description,
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: structural(properties["spec"], "spec"),
      status: statusSchema(kind),
    },
    ...(required.includes("spec") ? { required: ["spec"] } : {}),
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.portolan.dev` },
    spec: {
      group: "portolan.dev",
      scope: "Cluster",
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        categories: ["portolan"],
        ...(shortNames.length > 0 ? { shortNames } : {}),
      },
      versions: [
        {
          name: "v1alpha1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: schema },
          subresources: { status: {} },
          additionalPrinterColumns: columns,
        },
      ],
    },
  };
}

/** What control writes back: conditions as Kubernetes has them, and for a Cluster the two healths apart. */
function statusSchema(kind: string): object {
  const text = { type: "string" };
  const condition = {
    type: "object",
    required: ["type", "status", "reason", "message", "lastTransitionTime"],
    properties: {
      type: { type: "string", maxLength: 316 },
      status: { type: "string", enum: ["True", "False", "Unknown"] },
      reason: { type: "string", pattern: "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$" },
      message: { type: "string", maxLength: 32768 },
      lastTransitionTime: { type: "string", format: "date-time" },
      observedGeneration: { type: "integer", format: "int64", minimum: 0 },
    },
  };
  const conditions = {
    type: "array",
    items: condition,
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"],
  };
  const own = kind === "Cluster" ? { api: text, data: text, backends: text } : {};
  return { type: "object", properties: { conditions, ...own } };
}
