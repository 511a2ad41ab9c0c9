/** What an operator says about DNS: which zones, in whose hands, and which names go there. Plain data, as it was read. */
import type { DnsPolicy } from "./compat-plan.ts";
import type { DnsConfig } from "./desired.ts";
import type { DomainFilter } from "./domain-filter.ts";
import type { Zone } from "./records.ts";
import type { RegistryFormat } from "./txt-registry.ts";

export interface DnsSettings extends Omit<DnsConfig, "zones"> {
  readonly zones: readonly ZoneSettings[];
  /** Edges whose hosts have to be there before DNS may lead to them; the others answer every host. */
  readonly hosts: readonly EdgeHostSettings[];
}

export interface EdgeHostSettings {
  /** Name of one of `edges`. */
  readonly edge: string;
  /** What hosts point at there. */
  readonly target: string;
  /** Hosts and wildcards that the edge answers from the start, as Terraform declares them. */
  readonly declared: readonly string[];
  /** Where the others are attached; null: nowhere. */
  readonly attach: {
    readonly type: "cloudflare";
    readonly zoneId: string;
    readonly token: SecretPlace;
    readonly url: string | null;
  } | null;
}

export interface ZoneSettings {
  readonly name: string;
  readonly visibility: Zone["visibility"];
  /** The provider's id, where one name stands for several zones; null to find it by name. */
  readonly id: string | null;
  readonly provider: ProviderSettings;
  /** Who we are in this zone; the same for all replicas of one control function, different for two of them. */
  readonly owner: string;
  readonly mode: "native" | "compat";
  readonly policy: DnsPolicy;
  readonly filter: DomainFilter;
  /** Where external-dns keeps its ownership: written in mode `compat`, read in both. */
  readonly registry: RegistrySettings;
}

export interface RegistrySettings extends RegistryFormat {
  /** The owner id that is being replaced; empty outside a migration. */
  readonly oldOwner: string;
  readonly managedTypes: readonly string[];
  readonly excludedTypes: readonly string[];
  /** Key of 32 bytes that the registry's TXTs are encrypted with; null for plain text. */
  readonly encryptionKey: SecretPlace | null;
}

/** Where a secret is: never the secret itself. */
export type SecretPlace = { readonly file: string } | { readonly env: string };

/** Addresses of APIs are null for the vendor's own. Paths are absolute by the time anybody uses them. */
export type ProviderSettings =
  | { readonly type: "memory" }
  | { readonly type: "file"; readonly path: string }
  | {
      readonly type: "rfc2136";
      readonly host: string;
      readonly port: number;
      readonly key: {
        readonly name: string;
        readonly algorithm: "hmac-sha256" | "hmac-sha384" | "hmac-sha512";
        readonly secret: SecretPlace;
      } | null;
    }
  | { readonly type: "route53"; readonly endpoint: string | null; readonly changesPerSecond: number | null }
  | { readonly type: "cloudflare"; readonly token: SecretPlace; readonly url: string | null }
  | {
      readonly type: "google";
      readonly project: string;
      /** JSON file of a service account; null asks the metadata server. */
      readonly credentials: string | null;
      readonly url: string | null;
    }
  | {
      readonly type: "azure";
      readonly subscription: string;
      readonly resourceGroup: string;
      readonly login: AzureLogin;
      readonly url: string | null;
    }
  | { readonly type: "external-dns"; readonly url: string };

/** How Azure's token server is told who asks. `authority` is null for Azure's public cloud. */
export type AzureLogin = { readonly authority: string | null } & (
  | { readonly kind: "managed-identity"; readonly clientId: string | null }
  | { readonly kind: "secret"; readonly tenant: string; readonly clientId: string; readonly secret: SecretPlace }
  /** Files in PEM. */
  | {
      readonly kind: "certificate";
      readonly tenant: string;
      readonly clientId: string;
      readonly key: string;
      readonly certificate: string;
    }
  /** A file that the cluster keeps fresh (workload identity on AKS). */
  | { readonly kind: "workload"; readonly tenant: string; readonly clientId: string; readonly tokenFile: string }
);
