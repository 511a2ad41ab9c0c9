import * as z from "zod";
import { didYouMean } from "../did-you-mean.ts";
import { isRecord } from "../plain.ts";
import { formOf, type TextRule } from "./names.ts";

/** A mapping whose known fields are read and whose other fields stay unlooked at. */
export type Fields<S extends z.ZodRawShape> = z.ZodObject<S, z.core.$loose>;

/**
 * A mapping with the fields that Portolan reads. `others` are the names of Kubernetes' other fields, separated by
 * spaces. In strict mode every name that is in neither is reported with the nearest known one, or with the hint that
 * `moved` has for a name of another version.
 */
export function fields<S extends z.ZodRawShape>(
  strict: boolean,
  shape: S,
  others: string = "",
  moved: Readonly<Record<string, string>> = {},
): Fields<S> {
  const schema = z.looseObject(shape);
  if (!strict) return schema;
  const known = new Set([...Object.keys(shape), ...others.split(" ")]);
  return schema.check(
    always((value, report) => {
      if (!isRecord(value)) return;
      for (const name of Object.keys(value)) {
        if (known.has(name)) continue;
        const hint = Object.hasOwn(moved, name) ? `; write ${moved[name]}` : null;
        const message = hint === null ? unknownField(name, known) : `unknown field ${JSON.stringify(name)}${hint}`;
        report(message, [name], { reason: "UnknownField", at: "key" });
      }
    }),
  );
}

/** A schema made once for files (strict) and once for live objects, whose unknown fields are nobody's mistake. */
export function perMode<T>(make: (strict: boolean) => T): (strict: boolean) => T {
  const [forFiles, forLive] = [make(true), make(false)];
  return (strict) => (strict ? forFiles : forLive);
}

/** `unknown field "pathTyp"; did you mean "pathType"?` */
export function unknownField(name: string, known: Iterable<string>): string {
  const near = didYouMean(name, known);
  return `unknown field ${JSON.stringify(name)}${near === null ? "" : `; did you mean ${JSON.stringify(near)}?`}`;
}

/** What a rule tells about a value; `path` goes on from the value the rule was given. */
export type Report = (message: string, path?: readonly string[], about?: IssueAbout) => void;
export interface IssueAbout {
  readonly reason?: string;
  readonly at?: "key" | "value";
}

/**
 * A rule that runs even where the value has the wrong shape in other places, so that all problems are told at once.
 * It must therefore take any value.
 */
export function always(rule: (value: unknown, report: Report) => void): z.core.$ZodCheck<unknown> {
  return z.superRefine<unknown>(
    (value, context) => {
      rule(value, (message, path = [], about = {}) => {
        context.addIssue({ code: "custom", message, path: [...path], params: { ...about } });
      });
    },
    { when: () => true },
  );
}

/** Text that keeps the rules; a JSON schema says as much of them as it can. */
export function text(...rules: readonly TextRule[]): z.ZodString {
  const checked = z.string().check((context) => {
    for (const rule of rules) {
      const wrong = rule(context.value);
      if (wrong === null) continue;
      const message = `is ${shown(context.value)}; ${wrong}`;
      context.issues.push({ code: "custom", input: context.value, message });
      return;
    }
  });
  return checked.meta(Object.assign({}, ...rules.map(formOf)));
}

/** A number between two bounds, both included. */
export function number(least: number, most: number): z.ZodNumber {
  return bounded(least, most).meta({ minimum: least, maximum: most });
}

function bounded(least: number, most: number): z.ZodNumber {
  return z.number().check((context) => {
    if (context.value >= least && context.value <= most) return;
    const message = `is ${context.value}; it must be between ${least} and ${most}`;
    context.issues.push({ code: "custom", input: context.value, message });
  });
}

/** A whole number between two bounds, both included. */
export function integer(least: number, most: number): z.ZodNumber {
  const whole = bounded(least, most).check((context) => {
    if (Number.isInteger(context.value)) return;
    const message = `is ${context.value}; it must be a whole number`;
    context.issues.push({ code: "custom", input: context.value, message });
  });
  return whole.meta({ type: "integer", minimum: least, maximum: most });
}

/** TCP and UDP ports. */
export function portNumber(): z.ZodNumber {
  return integer(1, 65535);
}

/** A value as a message quotes it, cut where it is long. */
export function shown(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
}
