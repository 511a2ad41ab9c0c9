/** What the objects that declare a host say about its steering by annotation. */
import { compareText } from "../match-route.ts";
import type { ObjectMeta, Problem } from "../objects.ts";
import { readGslb, steeringOfGslb } from "../dns/gslb/declared.ts";
import { readAnnotations } from "../steering/annotations.ts";
import { NO_SETTINGS, type SteeringSettings } from "../steering/settings.ts";
import type { Declaration } from "./declaration.ts";
import { objectName, problemOf } from "./problem.ts";

export interface Annotated {
  readonly settings: SteeringSettings;
  readonly meta: ObjectMeta;
  /** Name of the object that is listened to. */
  readonly source: string;
  readonly problems: readonly Problem[];
}

/** The oldest object that says anything is listened to; others that say something else are told so. Null for silence. */
export function annotatedSettings(declarations: readonly Declaration[]): Annotated | null {
  const saying = new Map<ObjectMeta, { readonly declaration: Declaration; readonly settings: SteeringSettings }>();
  const seen = new Set<ObjectMeta>();
  for (const declaration of declarations) {
    if (seen.has(declaration.meta)) continue;
    seen.add(declaration.meta);
    const settings = settingsOf(declaration.meta.annotations);
    if (settings !== null) saying.set(declaration.meta, { declaration, settings });
  }
  const sorted = [...saying.values()].sort(
    ({ declaration: a }, { declaration: b }) =>
      a.meta.createdMs - b.meta.createdMs ||
      compareText(objectName(a.meta), objectName(b.meta)) ||
      compareText(a.cluster ?? "", b.cluster ?? ""),
  );
  const [first] = sorted;
  if (first === undefined) return null;
  const told = JSON.stringify(first.settings);
  const source = objectName(first.declaration.meta);
  const problems = sorted
    .filter((other) => JSON.stringify(other.settings) !== told)
    .map(({ declaration: { meta, cluster, host } }) => {
      const message = `Cannot use the steering annotations for ${host}: ${source} is older and says something else`;
      return problemOf("warning", "SteeringConflict", cluster, meta, "metadata.annotations", message);
    });
  return { settings: first.settings, meta: first.declaration.meta, source, problems };
}

/** Our own annotations, or where there are none k8gb's: who moves here need not write anything anew. */
function settingsOf(annotations: Readonly<Record<string, string>>): SteeringSettings | null {
  const { settings } = readAnnotations(annotations);
  const gslb = settings === null ? readGslb(annotations) : null;
  return gslb?.ok === true ? { ...NO_SETTINGS, method: steeringOfGslb(gslb.gslb) } : settings;
}
