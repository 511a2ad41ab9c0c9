/** Settings of DNS from a file: the whole of it, or its `dns:` section. */
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Resolver } from "node:dns/promises";
import { causeOf } from "../src/core/cause.ts";
import type { DnsSettings, ProviderSettings, SecretPlace } from "../src/core/dns/settings.ts";
import { Failure } from "../src/cli/failure.ts";
import { problemText } from "../src/cli/problem-text.ts";
import { absoluteLogin } from "../src/kube/control-file.ts";
import { fieldText } from "../src/kube/finding.ts";
import { isRecord } from "../src/kube/plain.ts";
import { readDnsSettings } from "../src/kube/schema/dns-settings.ts";
import { type ManifestDocument, parseManifests } from "../src/kube/yaml.ts";

/** Fails with every problem, as `file:line:column`. Paths in the file are relative to it. */
export async function loadDnsSettings(file: string): Promise<DnsSettings> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Failure(`Cannot read ${file}: ${causeOf(cause)}`, `ls -l ${file}`);
  });
  const { documents, problems } = parseManifests(text, file);
  const errors = problems.filter((one) => one.severity === "error");
  const [document] = documents;
  if (errors.length > 0 || document === undefined) {
    const what = errors.length > 0 ? errors.map(problemText).join("\n") : `Cannot use ${file}: it is empty`;
    throw new Failure(what, "docs/dns-commands.md shows a whole file");
  }
  const { value, way, positionOf } = sectionOf(documents) ?? { ...document, way: [] };
  const { value: settings, findings } = readDnsSettings(value);
  if (settings === null) {
    const lines = findings.map(({ severity, reason, path, at, message }) => {
      const position = positionOf([...way, ...path], at);
      return problemText({ severity, reason, cluster: null, object: "", field: fieldText(path), message, position });
    });
    throw new Failure(lines.join("\n"), "docs/dns-commands.md shows a whole file");
  }
  return fromFile(settings, file);
}

/** Where the settings stand: the Control of a `portolan.yaml`, or under the key `dns`; null for the whole file. */
function sectionOf(documents: readonly ManifestDocument[]) {
  for (const { value, positionOf } of documents) {
    if (!isRecord(value)) continue;
    if (value["kind"] === "Control" && isRecord(value["spec"])) {
      return { value: value["spec"]["dns"], way: ["spec", "dns"], positionOf };
    }
    if (isRecord(value["dns"])) return { value: value["dns"], way: ["dns"], positionOf };
  }
  return null;
}

/** Paths of the settings go on from their file. */
export function fromFile(settings: DnsSettings, file: string): DnsSettings {
  const base = dirname(file);
  const zones = settings.zones.map((one) => {
    const key = one.registry.encryptionKey;
    const registry = { ...one.registry, encryptionKey: key === null ? null : secretPlace(key, base) };
    return { ...one, registry, provider: absolute(one.provider, base) };
  });
  const hosts = settings.hosts.map((one) =>
    one.attach === null ? one : { ...one, attach: { ...one.attach, token: secretPlace(one.attach.token, base) } },
  );
  return { ...settings, zones, hosts };
}

/** Where journal and memory of the zones are kept: beside the file that names them. */
export function dnsStateFolder(file: string): string {
  return join(dirname(resolve(file)), ".portolan-dns");
}

function secretPlace(secret: SecretPlace, base: string): SecretPlace {
  return "file" in secret ? { file: resolve(base, secret.file) } : secret;
}

function absolute(provider: ProviderSettings, base: string): ProviderSettings {
  const place = (secret: SecretPlace): SecretPlace => secretPlace(secret, base);
  switch (provider.type) {
    case "file":
      return { ...provider, path: resolve(base, provider.path) };
    case "rfc2136":
      return provider.key === null
        ? provider
        : { ...provider, key: { ...provider.key, secret: place(provider.key.secret) } };
    case "cloudflare":
      return { ...provider, token: place(provider.token) };
    case "google":
      return provider.credentials === null
        ? provider
        : { ...provider, credentials: resolve(base, provider.credentials) };
    case "azure":
      return { ...provider, login: absoluteLogin(provider.login, (path) => resolve(base, path)) };
    case "memory":
    case "route53":
    case "external-dns":
      return provider;
    default:
      return provider satisfies never;
  }
}

/** Addresses that this machine's resolvers know for a name; null when there are none or nobody answers. */
export async function lookUp(name: string): Promise<readonly string[] | null> {
  const resolver = new Resolver({ timeout: 3000, tries: 2 });
  const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  // A family that failed may have answers: half a list would take addresses away.
  const failed = found.some((one) => one.status === "rejected" && !hasNone(one.reason));
  const addresses = found.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
  return failed || addresses.length === 0 ? null : addresses;
}

function hasNone(reason: unknown): boolean {
  return reason instanceof Error && "code" in reason && (reason.code === "ENODATA" || reason.code === "ENOTFOUND");
}
