import * as z from "zod";
import { always, shown } from "./fields.ts";
import { servicePortName } from "./names.ts";

/** A port by number or by name (Kubernetes' IntOrString), as text; null or undefined when it is left out. */
export function portOrName(): z.ZodType<string | null | undefined> {
  return z
    .unknown()
    .check(
      always((value, report) => {
        const wrong = value === undefined || value === null ? null : portFault(value);
        if (wrong !== null) report(wrong);
      }),
    )
    .transform((value) => (typeof value === "number" || typeof value === "string" ? String(value) : null))
    .optional();
}

function portFault(value: unknown): string | null {
  if (typeof value === "number") {
    const right = Number.isInteger(value) && value >= 1 && value <= 65535;
    return right ? null : `is ${value}; it must be a whole number between 1 and 65535`;
  }
  if (typeof value !== "string") return "must be a port's number or name";
  if (/^\d+$/.test(value)) return `is ${shown(value)} (text); write ${value} without quotes`;
  const wrong = servicePortName(value);
  return wrong === null ? null : `is ${shown(value)}; ${wrong}`;
}
