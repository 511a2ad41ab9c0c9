import * as z from "zod";
import { durationMs } from "../../core/steering/annotation-values.ts";
import { shown } from "./fields.ts";

/** A time with its zone, RFC 3339, in ms since the epoch. */
export function timestamp(): z.ZodType<number> {
  return z
    .string()
    .check((context) => {
      // A time without a zone would mean another moment on every machine.
      if (/(?:Z|[+-]\d\d:\d\d)$/.test(context.value) && !Number.isNaN(Date.parse(context.value))) return;
      const message = `is ${shown(context.value)}; write a time with its zone, "2026-11-24T18:00:00Z"`;
      context.issues.push({ code: "custom", input: context.value, message });
    })
    .meta({ format: "date-time" })
    .transform((text) => Date.parse(text));
}

/** `90s`, `5m`, `23h` between two bounds in ms. */
export function duration(least: number, most: number): z.ZodType<number> {
  return z
    .string()
    .check((context) => {
      const ms = durationMs(context.value);
      if (ms !== null && ms >= least && ms <= most) return;
      const bounds = ms === null ? "" : `, between ${least / 1000} and ${most / 1000} seconds`;
      const message = `is ${shown(context.value)}; write a duration such as "90s", "5m" or "23h"${bounds}`;
      context.issues.push({ code: "custom", input: context.value, message });
    })
    .meta({ pattern: "^[0-9]{1,9}(ms|s|m|h|d)$" })
    .transform((text) => durationMs(text) ?? 0);
}
