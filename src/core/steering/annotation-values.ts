/** Values of annotations: short texts that people write by hand. Each reader answers null for a value it cannot read. */
import { parsePlace } from "../geo/place.ts";
import type { GeoRule, ResidencyRule } from "./policy.ts";

/** `a, b, c`; empty parts are left out. */
export function words(text: string): readonly string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** `a=80, b=20` with whole numbers within the bounds. */
export function numbersByName(
  text: string,
  [least, most]: readonly [number, number],
): ReadonlyMap<string, number> | null {
  const numbers = new Map<string, number>();
  for (const part of words(text)) {
    const equals = part.indexOf("=");
    const value = wholeNumber(part.slice(equals + 1).trim());
    if (equals < 1 || value === null || value < least || value > most) return null;
    numbers.set(part.slice(0, equals).trim(), value);
  }
  return numbers.size === 0 ? null : numbers;
}

/** `a, b > c`: tiers in order. */
export function tiers(text: string): readonly (readonly string[])[] | null {
  const found = text.split(">").map(words);
  return found.some((tier) => tier.length === 0) ? null : found;
}

/** `DE, AT = eu-west-1; * = us-east1`: places, and what is for clients there. */
export function rulesByPlace(
  text: string,
): readonly { readonly from: readonly string[]; readonly to: readonly string[] }[] | null {
  const rules = text
    .split(";")
    .filter((part) => part.trim() !== "")
    .map((part) => {
      const equals = part.indexOf("=");
      return { from: words(part.slice(0, Math.max(0, equals))), to: words(part.slice(equals + 1)) };
    });
  const isRight = rules.every(
    ({ from, to }) => from.length > 0 && to.length > 0 && from.every((place) => parsePlace(place) !== null),
  );
  return rules.length > 0 && isRight ? rules : null;
}

/** As rules of geolocation. */
export function geoRules(text: string): readonly GeoRule[] | null {
  return rulesByPlace(text)?.map(({ from, to }) => ({ from, clusters: to })) ?? null;
}

/** As rules of residency. */
export function residencyRules(text: string): readonly ResidencyRule[] | null {
  return rulesByPlace(text)?.map(({ from, to }) => ({ from, within: to })) ?? null;
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** `90s`, `5m`, `23h`, `500ms`, `7d` in milliseconds; null for anything else. */
export function durationMs(text: string): number | null {
  let end = 0;
  while (end < text.length && isDigit(text.charCodeAt(end))) end += 1;
  const unit = UNITS.get(text.slice(end));
  return end === 0 || end > 9 || unit === undefined ? null : Number(text.slice(0, end)) * unit;
}

/** `10%` or `10`, 0…100. */
export function percentOf(text: string): number | null {
  const value = Number(text.endsWith("%") ? text.slice(0, -1) : text);
  return text.trim() !== "" && text !== "%" && value >= 0 && value <= 100 ? value : null;
}

/** A whole number with an optional sign. */
export function wholeNumber(text: string): number | null {
  const value = Number(text);
  return text !== "" && Number.isSafeInteger(value) ? value : null;
}

/** `name` or `name=value`. */
export function nameValue(text: string): { readonly name: string; readonly value: string | null } | null {
  const equals = text.indexOf("=");
  const name = (equals === -1 ? text : text.slice(0, equals)).trim();
  if (name === "" || name.includes(" ")) return null;
  return { name, value: equals === -1 ? null : text.slice(equals + 1).trim() };
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
