import * as z from "zod";
import type { ObjectMeta } from "../../core/objects.ts";
import { fields, text } from "./fields.ts";
import { dnsLabel, type TextRule } from "./names.ts";

/** An object whose metadata is read and whose spec is as the kind's schema made it. */
export interface Envelope<Spec, Status = unknown> {
  readonly meta: ObjectMeta;
  readonly spec: Spec;
  readonly status: Status | null;
}

/** What a kind's schema says about the object around its spec. */
export interface EnvelopeOptions<Status> {
  readonly namespaced: boolean;
  readonly name: TextRule;
  readonly status?: z.ZodType<Status>;
}

/** The whole object: `apiVersion`, `kind`, `metadata` with all of its fields, `spec`, `status`. */
export function envelope<Spec, Status = unknown>(
  strict: boolean,
  spec: z.ZodType<Spec>,
  options: EnvelopeOptions<Status>,
): z.ZodType<Envelope<Spec, Status>> {
  const status: z.ZodType<Status | null | undefined> = options.status?.nullish() ?? z.custom<Status>().nullish();
  return fields(strict, {
    apiVersion: z.string(),
    kind: z.string(),
    metadata: metadata(strict, options.name),
    spec,
    status,
  }).transform(
    (object): Envelope<Spec, Status> => ({
      meta: metaOf(object.kind, object.apiVersion, object.metadata, options.namespaced),
      spec: object.spec,
      status: object.status ?? null,
    }),
  );
}

/** `metadata` of an object; also for kinds that have no spec of their own. */
export function metadata(strict: boolean, name: TextRule): z.ZodType<PlainMeta> {
  const words = z.record(z.string(), z.string()).nullish();
  return fields(
    strict,
    {
      name: text(name),
      namespace: text(dnsLabel).nullish(),
      uid: z.string().nullish(),
      resourceVersion: z.string().nullish(),
      creationTimestamp: z.string().nullish(),
      labels: words,
      annotations: words,
    },
    "generateName selfLink generation deletionTimestamp deletionGracePeriodSeconds ownerReferences finalizers " +
      "managedFields clusterName",
  );
}

/** `metadata` as Kubernetes writes it. */
export interface PlainMeta {
  readonly name: string;
  readonly namespace?: string | null | undefined;
  readonly uid?: string | null | undefined;
  readonly resourceVersion?: string | null | undefined;
  readonly creationTimestamp?: string | null | undefined;
  readonly labels?: Readonly<Record<string, string>> | null | undefined;
  readonly annotations?: Readonly<Record<string, string>> | null | undefined;
}

/** The object's metadata as the core has it; `position` is the reader's to fill in. */
export function metaOf(kind: string, apiVersion: string, plain: PlainMeta, namespaced: boolean): ObjectMeta {
  const createdMs = Date.parse(plain.creationTimestamp ?? "");
  return {
    kind,
    apiVersion,
    namespace: namespaced ? (plain.namespace ?? "default") : "",
    name: plain.name,
    uid: plain.uid ?? null,
    resourceVersion: plain.resourceVersion ?? null,
    createdMs: Number.isNaN(createdMs) ? 0 : createdMs,
    annotations: plain.annotations ?? {},
    labels: plain.labels ?? {},
    position: null,
  };
}
