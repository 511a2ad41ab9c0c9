import type { IngressClassObject } from "../../core/objects.ts";
import { fields, perMode, text } from "./fields.ts";
import { type Parsed, parse } from "./issues.ts";
import { envelope } from "./meta.ts";
import { dnsName, type TextRule } from "./names.ts";

/** Versions of IngressClass. */
export const ingressClassVersions: readonly string[] = ["networking.k8s.io/v1", "networking.k8s.io/v1beta1"];

/** Reads an IngressClass. */
export function readIngressClass(value: unknown, strict: boolean): Parsed<IngressClassObject> {
  return parse(schema(strict), value);
}

const controllerName: TextRule = (name) =>
  name.length <= 250 && /^[a-z0-9.-]+\/[\w./:~-]+$/.test(name)
    ? null
    : 'it must be a domain and a path of at most 250 characters, as in "portolan.dev/edge"';

const schema = perMode((strict) => {
  const spec = fields(strict, { controller: text(controllerName) }, "parameters");
  return envelope(strict, spec, { namespaced: false, name: dnsName }).transform(
    ({ meta, spec }): IngressClassObject => ({
      meta,
      controller: spec.controller,
      isDefault: meta.annotations["ingressclass.kubernetes.io/is-default-class"] === "true",
    }),
  );
});
