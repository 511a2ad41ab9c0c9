import { isIP } from "node:net";
import * as z from "zod";
import type { LoadBalancerAddress } from "../../core/objects.ts";
import { isRecord } from "../plain.ts";
import type { AzureLogin, DnsSettings } from "../../core/dns/settings.ts";
import { azureLogin } from "./dns-providers.ts";
import { dnsSettingsSchema } from "./dns-settings.ts";
import { always, fields, perMode, type Report, text } from "./fields.ts";
import { type Parsed, parse } from "./issues.ts";
import { envelope } from "./meta.ts";
import { type Maybe, type PushSettings, pushOf } from "./push.ts";
import { connectHost, dnsLabel, notEmpty, type TextRule } from "./names.ts";
import { duration } from "./time.ts";

/** A bucket of S3 or of what speaks like it. */
export interface BucketSettings {
  readonly bucket: string;
  readonly region: string;
  /** Null for AWS' own. */
  readonly endpoint: string | null;
  /** Before every key; empty or ending in "/". */
  readonly prefix: string;
}

/** Whose tokens are made here instead of by a kubeconfig's plug-ins; AWS is known by the environment. */
export interface CloudTokenSettings {
  /** `credentials`: JSON file of a service account; null asks the metadata server. Null: its plug-in is run. */
  readonly google: { readonly credentials: string | null } | null;
  readonly azure: AzureLogin | null;
}

/** What `portolan.yaml` says of the control function; paths are as written there. */
export interface ControlSettings {
  readonly config: { readonly directory: string } | { readonly context: string } | "in-cluster";
  /** Null: as kubectl finds them. */
  readonly kubeconfig: readonly string[] | null;
  /** Null: the plug-ins that kubeconfig files name are run, except where no program can be. */
  readonly cloudTokens: CloudTokenSettings | null;
  readonly store: { readonly file: string } | { readonly s3: BucketSettings };
  readonly signingKey: string;
  readonly audience: string;
  readonly serve: { readonly listen: string; readonly tokenFile: string | null } | null;
  readonly push: readonly PushSettings[];
  /** The store holds the snapshot in parts too, for edges that live for one request. */
  readonly parts: boolean;
  readonly admin: string | null;
  /** Where users reach the edges: what `status.loadBalancer` of Ingresses says. */
  readonly edgeAddresses: readonly LoadBalancerAddress[];
  /** Where agents of clusters with a private API send what they see; null for no agents. */
  readonly agents: {
    readonly listen: string;
    readonly publicKeys: string;
    readonly tlsCert: string | null;
    readonly tlsKey: string | null;
  } | null;
  /** Certificates of `spec.tls` are read, and sealed for the edges whose public keys these files hold; null reads no Secret. */
  readonly tlsSecrets: { readonly recipients: readonly string[]; readonly intervalMs: number } | null;
  /** Control writes statuses and Events everywhere, not only where a cluster was joined with the right to. */
  readonly writeBack: boolean;
  readonly intervalMs: number;
  /** Of several control functions on one store one works. */
  readonly lease: boolean;
  readonly claimClassless: boolean;
  readonly allowPrivateOrigins: boolean;
  /** Zones to keep in step; null leaves DNS alone. */
  readonly dns: DnsSettings | null;
}

/** Reads the `portolan.dev/v1alpha1` Control of a `portolan.yaml`. */
export function readControl(value: unknown): Parsed<ControlSettings> {
  return parse(controlSchema(true), value);
}

/** A Secret may not be watched. */
const SECRETS_INTERVAL_MS = 60_000;

const httpUrl: TextRule = (text) =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
    ? null
    : 'it must be a URL, as "https://edge.example.org"';

const hexId: TextRule = (text) =>
  /^[0-9a-f]{32}$/.test(text) ? null : "it must be an id of Cloudflare, 32 lower-case hex digits";

const storeId: TextRule = (text) =>
  /^[A-Za-z0-9]{8,64}$/.test(text) ? null : "it must be the id of a KV Store, letters and digits";

const controlSchema = perMode((strict): z.ZodType<ControlSettings> => {
  const word = text(notEmpty);
  const config = fields(strict, {
    directory: word.nullish(),
    context: word.nullish(),
    inCluster: z.boolean().nullish(),
  });
  const s3 = fields(strict, {
    bucket: word,
    region: word.nullish(),
    endpoint: text(httpUrl).nullish(),
    prefix: z.string().nullish(),
  });
  const push = fields(strict, {
    url: text(httpUrl).nullish(),
    workersKv: fields(strict, { account: text(hexId), namespace: text(hexId) }).nullish(),
    fastlyKv: fields(strict, { store: text(storeId) }).nullish(),
    tokenFile: word.nullish(),
    endpoint: text(httpUrl).nullish(),
    interval: duration(1000, 3_600_000).nullish(),
    parts: z.boolean().nullish(),
  });
  const spec = fields(strict, {
    config: config.check(always(oneOf("directory", "context", "inCluster"))).nullish(),
    kubeconfig: z.array(word).min(1).nullish(),
    cloudTokens: fields(strict, {
      google: fields(strict, { credentials: word.nullish() }).nullish(),
      azure: azureLogin().nullish(),
    }).nullish(),
    store: fields(strict, { file: word.nullish(), s3: s3.nullish() }).check(always(oneOf("file", "s3"))),
    signingKey: word,
    audience: text(dnsLabel).nullish(),
    serve: fields(strict, { listen: word, tokenFile: word.nullish() }).nullish(),
    push: z.array(push.check(always(oneOf("url", "workersKv", "fastlyKv")))).nullish(),
    parts: z.boolean().nullish(),
    admin: word.nullish(),
    agents: fields(strict, {
      listen: word,
      publicKeys: word,
      tlsCert: word.nullish(),
      tlsKey: word.nullish(),
    }).nullish(),
    tlsSecrets: fields(strict, {
      recipients: z.array(word).min(1),
      interval: duration(1000, 3_600_000).nullish(),
    }).nullish(),
    writeBack: z.boolean().nullish(),
    edgeAddresses: z.array(text(connectHost)).nullish(),
    interval: duration(100, 30_000).nullish(),
    lease: z.boolean().nullish(),
    claimClassless: z.boolean().nullish(),
    allowPrivateOrigins: z.boolean().nullish(),
    dns: dnsSettingsSchema().nullish(),
  });
  return envelope(strict, spec, { namespaced: false, name: dnsLabel }).transform(
    ({ spec }): ControlSettings => ({
      config: configOf(spec.config ?? {}),
      kubeconfig: spec.kubeconfig ?? null,
      cloudTokens: spec.cloudTokens
        ? {
            google: spec.cloudTokens.google ? { credentials: spec.cloudTokens.google.credentials ?? null } : null,
            azure: spec.cloudTokens.azure ?? null,
          }
        : null,
      store: spec.store.s3 ? { s3: bucketOf(spec.store.s3) } : { file: spec.store.file ?? "" },
      signingKey: spec.signingKey,
      audience: spec.audience ?? "portolan",
      serve: spec.serve ? { listen: spec.serve.listen, tokenFile: spec.serve.tokenFile ?? null } : null,
      push: (spec.push ?? []).map(pushOf),
      parts: spec.parts ?? false,
      admin: spec.admin ?? null,
      edgeAddresses: (spec.edgeAddresses ?? []).map(addressOf),
      agents: spec.agents
        ? {
            listen: spec.agents.listen,
            publicKeys: spec.agents.publicKeys,
            tlsCert: spec.agents.tlsCert ?? null,
            tlsKey: spec.agents.tlsKey ?? null,
          }
        : null,
      tlsSecrets: spec.tlsSecrets
        ? { recipients: spec.tlsSecrets.recipients, intervalMs: spec.tlsSecrets.interval ?? SECRETS_INTERVAL_MS }
        : null,
      writeBack: spec.writeBack ?? false,
      intervalMs: spec.interval ?? 5000,
      lease: spec.lease ?? false,
      claimClassless: spec.claimClassless ?? false,
      allowPrivateOrigins: spec.allowPrivateOrigins ?? false,
      dns: spec.dns ?? null,
    }),
  );
});

/** Addresses in one text, with commas between them, as Terraform hands them on; the first bad one is told. */
export function readEdgeAddresses(list: string): Parsed<readonly LoadBalancerAddress[]> {
  const names = list.split(",").map((one) => one.trim());
  return parse(
    z.array(text(connectHost)).transform((all) => all.map(addressOf)),
    names.filter((one) => one !== ""),
  );
}

function addressOf(host: string): LoadBalancerAddress {
  return isIP(host) === 0 ? { ip: null, hostname: host } : { ip: host, hostname: null };
}

function configOf(said: { directory?: Maybe<string>; context?: Maybe<string>; inCluster?: Maybe<boolean> }) {
  if (said.inCluster === true) return "in-cluster" as const;
  return said.context ? { context: said.context } : { directory: said.directory ?? "." };
}

function bucketOf(said: {
  bucket: string;
  region?: Maybe<string>;
  endpoint?: Maybe<string>;
  prefix?: Maybe<string>;
}): BucketSettings {
  const prefix = said.prefix ?? "";
  return {
    bucket: said.bucket,
    region: said.region ?? "us-east-1",
    endpoint: said.endpoint ?? null,
    prefix: prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`,
  };
}

/** Exactly one of the fields may be set; false counts as left out. */
function oneOf(...names: readonly string[]): (value: unknown, report: Report) => void {
  return (value, report) => {
    if (!isRecord(value)) return;
    const set = names.filter((name) => value[name] !== undefined && value[name] !== null && value[name] !== false);
    if (set.length !== 1) report(`has to say exactly one of ${names.join(", ")}`);
  };
}
