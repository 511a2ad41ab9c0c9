import * as z from "zod";
import { checkHost, checkStatus, checkTarget, HEALTH_CHECK_DEFAULTS } from "../../core/compile/health-check.ts";
import type { HealthCheck } from "../../core/model.ts";
import { fields, integer, text } from "./fields.ts";
import { notEmpty } from "./names.ts";
import { duration } from "./time.ts";

const TYPES = { HTTP: "http", TCP: "tcp", TLS: "tls" } as const;

/** A health check of the Services behind a TrafficPolicy's hosts; each field has the default of the annotations. */
export function healthCheck(strict: boolean): z.ZodType<HealthCheck> {
  const defaults = HEALTH_CHECK_DEFAULTS;
  return fields(strict, {
    type: z.enum(["HTTP", "TCP", "TLS"]).nullish(),
    path: text(wants(checkTarget, "a path that begins with /")).nullish(),
    host: text(wants(checkHost, "a host name")).nullish(),
    port: integer(1, 65_535).nullish(),
    status: text(wants((value) => checkStatus(value) !== null, '"200" or "200-399"')).nullish(),
    body: text(notEmpty).nullish(),
    interval: duration(100, 3_600_000).nullish(),
    timeout: duration(10, 60_000).nullish(),
    rise: integer(1, 10).nullish(),
    fall: integer(1, 10).nullish(),
  }).transform((one): HealthCheck => {
    const intervalMs = one.interval ?? defaults.intervalMs;
    return {
      type: TYPES[one.type ?? "HTTP"],
      path: one.path ?? defaults.path,
      host: one.host ?? null,
      port: one.port ?? null,
      status: checkStatus(one.status ?? "") ?? defaults.status,
      body: one.body ?? null,
      intervalMs,
      timeoutMs: one.timeout ?? Math.min(defaults.timeoutMs, intervalMs),
      rise: one.rise ?? defaults.rise,
      fall: one.fall ?? defaults.fall,
    };
  });
}

function wants(isRight: (value: string) => boolean, wanted: string): (value: string) => string | null {
  return (value) => (isRight(value) ? null : `it must be ${wanted}`);
}
