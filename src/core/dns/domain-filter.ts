/** Which names may be touched at all: external-dns' `--domain-filter`, `--exclude-domains` and their regular expressions. */
import { toAscii } from "./idna.ts";

/** Names to include and exclude; an expression, if either is given, decides alone. */
export interface DomainFilter {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly includeExpression: RegExp | null;
  readonly excludeExpression: RegExp | null;
}

/** Lets every name pass. */
export const EVERY_NAME: DomainFilter = { include: [], exclude: [], includeExpression: null, excludeExpression: null };

/**
 * `example.org` is the name itself and everything below; `.example.org` only what is below. An exclusion wins.
 * Names are compared in lower case, as A-labels, without the trailing dot.
 */
export function passesFilter(filter: DomainFilter, name: string): boolean {
  if (filter === EVERY_NAME) return true;
  const domain = stripped(name);
  if (filter.includeExpression !== null || filter.excludeExpression !== null) {
    if (filter.excludeExpression?.test(domain) === true) return false;
    return filter.includeExpression?.test(domain) ?? true;
  }
  const include = prepared(filter.include);
  return (include.length === 0 || covers(include, domain)) && !covers(prepared(filter.exclude), domain);
}

/** Whether some included name lies below `name`: the zone is wanted although its own apex is not. */
export function isParentOfFilter(filter: DomainFilter, name: string): boolean {
  const domain = stripped(name);
  if (covers(prepared(filter.exclude), domain)) return false;
  const include = prepared(filter.include);
  return include.length === 0 || include.some((one) => !one.startsWith(".") && one.endsWith(`.${domain}`));
}

function covers(filters: readonly string[], domain: string): boolean {
  return filters.some((one) =>
    one.startsWith(".") ? domain.endsWith(one) : domain === one || domain.endsWith(`.${one}`),
  );
}

function prepared(filters: readonly string[]): readonly string[] {
  return filters.map(stripped).filter((one) => one !== "");
}

function stripped(name: string): string {
  const ascii = toAscii(name.trim());
  return ascii.endsWith(".") ? ascii.slice(0, -1) : ascii;
}
