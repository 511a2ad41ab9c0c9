/** Names as this machine knows them: its hosts file, then the DNS with its TTLs, then whatever else the system asks. */
import { lookup, Resolver } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { isDenial, type NameAnswer, type NameSource } from "../http1/name-cache.ts";

export interface NameOptions {
  /** Name servers, `ADDRESS:PORT`, instead of those of the system; null for these. */
  readonly servers: readonly string[] | null;
  readonly hostsFile: string;
}

/** What the machine is configured with. */
export const SYSTEM_NAMES: NameOptions = { servers: null, hostsFile: "/etc/hosts" };

/** For answers that come without a TTL. */
const SYSTEM_TTL_MS = 5000;
/** RFC 8305 §3: how long the second family of addresses is waited for. */
const RESOLUTION_DELAY_MS = 50;

type Answers = readonly { readonly address: string; readonly ttl: number }[];

/** Asks for both families at once. */
export function nodeNames(options: NameOptions): NameSource {
  let resolver = resolverOf(options);
  return async (name) => {
    if (isLocal(name) || (await hasLine(options.hostsFile, name))) return await systemAnswer(name);
    try {
      return await dnsAnswer(resolver, name);
    } catch (error) {
      // It keeps the servers that it has once read; the system's may be others by now.
      if (!(error instanceof Error && isDenial(error))) resolver = resolverOf(options);
      // Search domains, multicast DNS and others: what the DNS does not know the system may.
      const answer = options.servers === null ? await systemAnswer(name).catch(() => null) : null;
      if (answer !== null) return answer;
      throw error;
    }
  };
}

function resolverOf({ servers }: NameOptions): Resolver {
  const resolver = new Resolver({ timeout: 1000, tries: 2 });
  if (servers !== null) resolver.setServers(servers);
  return resolver;
}

/** RFC 6761 §6.3, and names of one label, which are for search domains and hosts files. */
function isLocal(name: string): boolean {
  return !name.includes(".") || name.toLowerCase().endsWith(".localhost");
}

async function hasLine(hostsFile: string, name: string): Promise<boolean> {
  const text = await readFile(hostsFile, "utf8").catch(() => "");
  const wanted = name.toLowerCase();
  return text.split("\n").some((line) => {
    const [, ...names] = (line.split("#")[0] ?? "").trim().toLowerCase().split(/\s+/);
    return names.includes(wanted);
  });
}

async function systemAnswer(name: string): Promise<NameAnswer> {
  const found = await lookup(name, { all: true });
  return { addresses: found.map(({ address }) => address), ttlMs: SYSTEM_TTL_MS };
}

async function dnsAnswer(resolver: Resolver, name: string): Promise<NameAnswer> {
  const found: { four: Answers; six: Answers } = { four: [], six: [] };
  const four = resolver.resolve4(name, { ttl: true }).then((answers) => void (found.four = answers));
  const six = resolver.resolve6(name, { ttl: true }).then((answers) => void (found.six = answers));
  const both = Promise.allSettled([four, six]);
  const soon = Promise.any([four, six]).then(
    () => wait(RESOLUTION_DELAY_MS),
    () => both,
  );
  await Promise.race([both, soon]);
  const all = hasGlobalSix() ? [...found.six, ...found.four] : [...found.four, ...found.six];
  if (all.length === 0) throw await worst([four, six]);
  const ttl = Math.min(...all.map((one) => one.ttl));
  return { addresses: all.map(({ address }) => address), ttlMs: ttl * 1000 };
}

/** Both have failed: one that nobody answered weighs more than a denial, which is of one family only. */
async function worst(asked: readonly Promise<void>[]): Promise<Error> {
  let denial: Error | null = null;
  for (const one of await Promise.allSettled(asked)) {
    if (one.status === "fulfilled" || !(one.reason instanceof Error)) continue;
    if (!isDenial(one.reason)) return one.reason;
    denial ??= one.reason;
  }
  return denial ?? new Error("no address");
}

/** RFC 6724 in one question: without an address of its own this machine reaches nobody over IPv6. */
function hasGlobalSix(): boolean {
  return Object.values(networkInterfaces()).some((list) =>
    list?.some(({ family, internal, address }) => family === "IPv6" && !internal && !address.startsWith("fe80:")),
  );
}

async function wait(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
