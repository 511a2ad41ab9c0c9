/** Readers of argument values; each failure names the argument, what it got, and what it takes. */
import { regionPoint, nearestRegionNames } from "../core/geo/regions/regions.ts";
import type { GeoPoint } from "../core/model.ts";
import type { HostPort } from "./deps.ts";
import { Failure } from "./failure.ts";

/** `HOST:PORT`, `[v6]:PORT` or `PORT` alone on loopback. */
export function hostPort(name: string, text: string): HostPort {
  const colon = text.lastIndexOf(":");
  const host = colon === -1 ? "127.0.0.1" : text.slice(0, colon).replace(/^\[|\]$/g, "");
  const port = Number(text.slice(colon + 1));
  if (host !== "" && Number.isInteger(port) && port >= 0 && port <= 65_535 && text !== "") return { host, port };
  throw new Failure(`Cannot read ${name} "${text}": it is not HOST:PORT`, `${name} 127.0.0.1:8080`);
}

/** `LAT,LON` in degrees. */
export function point(name: string, text: string): GeoPoint {
  const parts = text.split(",");
  const [latitude = Number.NaN, longitude = Number.NaN] = parts.map((part) =>
    part.trim() === "" ? Number.NaN : Number(part),
  );
  if (parts.length === 2 && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) return { latitude, longitude };
  throw new Failure(`Cannot read ${name} "${text}": it is not LAT,LON in degrees`, `${name} 40.7,-74.0`);
}

/** `LAT,LON` or `PROVIDER/REGION` of the regions table. */
export function place(name: string, text: string): GeoPoint {
  const slash = text.indexOf("/");
  if (slash === -1) return point(name, text);
  const [provider, region] = [text.slice(0, slash), text.slice(slash + 1)];
  const row = regionPoint(provider, region);
  if (row !== null) return { latitude: row.latitude, longitude: row.longitude };
  const near = nearestRegionNames(provider, region);
  const example = near[0] ?? "gcp/us-east1";
  throw new Failure(
    `Cannot read ${name} "${text}": the regions table has no such provider and region`,
    `${name} ${example}`,
  );
}

const DURATION_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `500ms`, `30s`, `10m`, `2h`, `1d` in ms. */
export function duration(name: string, text: string): number {
  const isMs = text.endsWith("ms");
  const unit = isMs ? 1 : DURATION_MS[text.slice(-1)];
  const count = Number(text.slice(0, isMs ? -2 : -1));
  if (unit !== undefined && text.length > 1 && Number.isInteger(count) && count > 0) return count * unit;
  throw new Failure(`Cannot read ${name} "${text}": it is not a number of ms, s, m, h or d`, `${name} 10m`);
}

/** A whole number from 0 on. */
export function count(name: string, text: string, max: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= max) return number;
  throw new Failure(`Cannot read ${name} "${text}": it is not a whole number from 0 to ${max}`, `${name} 1`);
}

/** One of the words, or null when the argument is not there. */
export function oneOf<T extends string>(name: string, text: string | undefined, words: readonly T[]): T | null {
  if (text === undefined) return null;
  const word = words.find((one) => one === text);
  if (word !== undefined) return word;
  throw new Failure(`Cannot read ${name} "${text}": it is none of ${words.join(", ")}`, `${name} ${words[0] ?? ""}`);
}

/** The value of an argument that must be there. */
export function required(name: string, value: string | undefined, example: string): string {
  if (value !== undefined && value !== "") return value;
  throw new Failure(`Cannot go on without ${name}`, example);
}

/** The value of `-o`: `text` or `json`. */
export function outputIsJson(text: string): boolean {
  if (text === "json" || text === "text") return text === "json";
  throw new Failure(`Cannot print as "${text}": the formats are text and json`, "-o json");
}
