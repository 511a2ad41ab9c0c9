/** DNS providers as the settings name them. Zones of one account share one provider, and thus one pace. */
import { readFile } from "node:fs/promises";
import { causeOf } from "../src/core/cause.ts";
import type { AzureLogin, ProviderSettings, SecretPlace, ZoneSettings } from "../src/core/dns/settings.ts";
import { parse, record, text } from "../src/core/snapshot/guard.ts";
import { Failure } from "../src/cli/failure.ts";
import type { ZoneAccess } from "../src/control/dns-zone.ts";
import { fileDns } from "../src/dns/file.ts";
import { memoryDns, memoryZones } from "../src/dns/memory.ts";
import type { Patience, Time } from "../src/dns/pace.ts";
import type { DnsProvider } from "../src/dns/provider.ts";
import type { TokenSource } from "../src/dns/token.ts";

/** How providers wait; what is left out is their own. */
export interface Pace {
  readonly time?: Time;
  readonly patience?: Patience;
}

/** A provider for each zone, in their order. Fails when a secret is not where the settings say. */
export async function zoneAccess(zones: readonly ZoneSettings[], pace: Pace = {}): Promise<readonly ZoneAccess[]> {
  const providers = new Map<string, DnsProvider>();
  const access: ZoneAccess[] = [];
  for (const settings of zones) {
    const key = JSON.stringify(settings.provider);
    const sharing = zones.filter((one) => JSON.stringify(one.provider) === key);
    const provider = providers.get(key) ?? (await providerOf(settings.provider, sharing, pace));
    providers.set(key, provider);
    access.push({ settings, provider: await withEncryption(provider, settings) });
  }
  return access;
}

async function withEncryption(provider: DnsProvider, { name, registry }: ZoneSettings): Promise<DnsProvider> {
  if (registry.encryptionKey === null) return provider;
  const [{ encryptedRegistry }, { registryKey }] = await Promise.all([
    import("../src/dns/encrypted-registry.ts"),
    import("../src/dns/txt-encryption.ts"),
  ]);
  const key = await registryKey(await secretOf(registry.encryptionKey)).catch((cause: unknown) => {
    throw new Failure(`Cannot open zone "${name}": ${causeOf(cause)}`, "openssl rand -base64 32 > registry.key");
  });
  return encryptedRegistry(provider, key);
}

async function providerOf(
  settings: ProviderSettings,
  zones: readonly ZoneSettings[],
  pace: Pace,
): Promise<DnsProvider> {
  const named = zones.map(({ name, visibility }) => ({ name, visibility }));
  switch (settings.type) {
    case "memory":
      return memoryDns(
        memoryZones(...zones.map((one) => ({ ...one, id: one.id ?? `${one.visibility} ${one.name}` }))),
        pace,
      );
    case "file":
      return fileDns({ folder: settings.path, zones: named, ...pace });
    case "rfc2136": {
      const { rfc2136 } = await import("../src/dns/rfc2136.ts");
      const { host, port, key } = settings;
      const secret = key === null ? null : Buffer.from(await secretOf(key.secret), "base64");
      return rfc2136({
        host,
        port,
        zones: named,
        ...pace,
        key: key === null || secret === null ? null : { ...key, secret: new Uint8Array(secret) },
      });
    }
    case "route53": {
      // The SDK is the largest part of the program: only those who need it load it.
      const { route53 } = await import("../src/dns/route53.ts");
      const { endpoint, changesPerSecond } = settings;
      return route53({
        ...pace,
        ...(endpoint === null ? {} : { client: { endpoint } }),
        ...(changesPerSecond === null ? {} : { changesPerSecond, changeBurst: changesPerSecond * 2 }),
      });
    }
    case "cloudflare": {
      const { cloudflare } = await import("../src/dns/cloudflare.ts");
      const token = await secretOf(settings.token);
      return cloudflare({ token, ...pace, ...(settings.url === null ? {} : { baseUrl: settings.url }) });
    }
    case "google": {
      const { googleCloudDns } = await import("../src/dns/google.ts");
      const { project, credentials, url } = settings;
      const token = await googleToken(credentials);
      return googleCloudDns({ project, token, ...pace, ...(url === null ? {} : { baseUrl: url }) });
    }
    case "azure": {
      const { azureDns } = await import("../src/dns/azure.ts");
      const { subscription, resourceGroup, login, url } = settings;
      const token = await azureToken(login);
      return azureDns({ subscription, resourceGroup, token, ...pace, ...(url === null ? {} : { baseUrl: url }) });
    }
    case "external-dns": {
      const { externalDnsWebhook } = await import("../src/dns/webhook.ts");
      return externalDnsWebhook({ url: settings.url, zones: named, ...pace });
    }
    default:
      return settings satisfies never;
  }
}

const readAccount = record({ client_email: text(), private_key: text(16_384), token_uri: text() });

/** By a service account's JSON file, or by the metadata server for null. */
export async function googleToken(
  path: string | null,
  options: { readonly scope?: string; readonly now?: () => number } = {},
): Promise<TokenSource> {
  const { metadataToken, serviceAccountToken } = await import("../src/dns/google/token.ts");
  if (path === null) return metadataToken(options);
  const parsed = parse(readAccount, await fileText(path));
  // What is wrong may quote a value, and the values are secret.
  if (!parsed.ok)
    throw new Failure(
      `Cannot use ${path}: it is no service account's JSON file`,
      "gcloud iam service-accounts keys create",
    );
  const { client_email: email, private_key: privateKey, token_uri: tokenUrl } = parsed.value;
  return serviceAccountToken({ email, privateKey }, { tokenUrl, ...options });
}

/** For Azure's management API unless `resource` says otherwise. */
export async function azureToken(
  login: AzureLogin,
  options: { readonly resource?: string; readonly now?: () => number } = {},
): Promise<TokenSource> {
  const { certificateToken, clientSecretToken, managedIdentityToken, workloadToken } = await import(
    "../src/dns/azure/token.ts"
  );
  const { authority } = login;
  const at = { ...options, ...(authority === null ? {} : { authority }) };
  switch (login.kind) {
    case "managed-identity":
      return managedIdentityToken(login.clientId, options);
    case "secret":
      return clientSecretToken({ ...login, secret: await secretOf(login.secret) }, at);
    case "certificate": {
      const [privateKey, certificate] = [await fileText(login.key), await fileText(login.certificate)];
      return certificateToken({ ...login, privateKey, certificate }, at);
    }
    case "workload":
      return workloadToken(login, () => fileText(login.tokenFile), at);
    default:
      return login satisfies never;
  }
}

/** What stands at the place of a secret. */
export async function secretOf(place: SecretPlace): Promise<string> {
  if ("file" in place) return (await fileText(place.file)).trim();
  const value = process.env[place.env];
  if (value !== undefined && value !== "") return value;
  throw new Failure(`Cannot find the secret in the environment: ${place.env} is not set`, `export ${place.env}=…`);
}

/** The text of a file that may hold a secret. */
export async function fileText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new Failure(`Cannot read the secret in ${path}: ${causeOf(error)}`, `ls -l ${path}`);
  }
}
