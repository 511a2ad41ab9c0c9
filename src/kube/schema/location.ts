import type * as z from "zod";
import type { GeoPoint } from "../../core/model.ts";
import { fields, number } from "./fields.ts";

/** `{ latitude, longitude }` in degrees. */
export function point(strict: boolean): z.ZodType<GeoPoint> {
  return fields(strict, { latitude: number(-90, 90), longitude: number(-180, 180) }, "", {
    lat: '"latitude"',
    lon: '"longitude"',
    lng: '"longitude"',
  }).transform(({ latitude, longitude }) => ({ latitude, longitude }));
}
