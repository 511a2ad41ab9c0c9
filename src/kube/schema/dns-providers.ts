/** `provider:` of a zone: one shape for each type. Secrets are named by their place, never written here. */
import * as z from "zod";
import type { AzureLogin, ProviderSettings, SecretPlace } from "../../core/dns/settings.ts";
import { always, fields, integer, portNumber, text } from "./fields.ts";
import { connectHost, notEmpty, type TextRule } from "./names.ts";
import { isRecord } from "../plain.ts";

export const url: TextRule = (value) => {
  const parsed = URL.parse(value);
  const isHttp = parsed !== null && (parsed.protocol === "http:" || parsed.protocol === "https:");
  return isHttp ? null : 'it must be an address such as "https://api.example.org"';
};

/** Where a secret is. */
export const secret = (): z.ZodType<SecretPlace> =>
  z.union([fields(true, { file: text(notEmpty) }), fields(true, { env: text(notEmpty) })]);

export const azureLogin = (): z.ZodType<AzureLogin> => {
  const authority = text(url).nullish();
  const application = { tenant: text(notEmpty), clientId: text(notEmpty), authority };
  return z.discriminatedUnion("kind", [
    fields(true, { kind: z.literal("managed-identity"), clientId: text(notEmpty).nullish() }).transform((one) => ({
      kind: one.kind,
      authority: null,
      clientId: one.clientId ?? null,
    })),
    fields(true, { kind: z.literal("secret"), ...application, secret: secret() }).transform((one) => ({
      ...one,
      authority: one.authority ?? null,
    })),
    fields(true, {
      kind: z.literal("certificate"),
      ...application,
      key: text(notEmpty),
      certificate: text(notEmpty),
    }).transform((one) => ({ ...one, authority: one.authority ?? null })),
    fields(true, { kind: z.literal("workload"), ...application, tokenFile: text(notEmpty) }).transform((one) => ({
      ...one,
      authority: one.authority ?? null,
    })),
  ]);
};

const TYPES = ["memory", "file", "rfc2136", "route53", "cloudflare", "google", "azure", "external-dns"] as const;

/** Any provider; a type that nobody knows is told with those that there are. */
export function providerSettings(): z.ZodType<ProviderSettings> {
  const key = fields(true, { name: text(notEmpty), algorithm: algorithm().nullish(), secret: secret() }).transform(
    (one) => ({ name: one.name, algorithm: one.algorithm ?? ("hmac-sha256" as const), secret: one.secret }),
  );
  const union = z.discriminatedUnion("type", [
    fields(true, { type: z.literal("memory") }).transform(({ type }) => ({ type })),
    fields(true, { type: z.literal("file"), path: text(notEmpty) }).transform(({ type, path }) => ({ type, path })),
    fields(true, {
      type: z.literal("rfc2136"),
      host: text(connectHost),
      port: portNumber().nullish(),
      key: key.nullish(),
    }).transform(({ type, host, port, key: signs }) => ({ type, host, port: port ?? 53, key: signs ?? null })),
    fields(true, {
      type: z.literal("route53"),
      endpoint: text(url).nullish(),
      changesPerSecond: integer(1, 1_000_000).nullish(),
    }).transform((one) => ({
      type: one.type,
      endpoint: one.endpoint ?? null,
      changesPerSecond: one.changesPerSecond ?? null,
    })),
    fields(true, { type: z.literal("cloudflare"), token: secret(), url: text(url).nullish() }).transform((one) => ({
      type: one.type,
      token: one.token,
      url: one.url ?? null,
    })),
    fields(true, {
      type: z.literal("google"),
      project: text(notEmpty),
      credentials: text(notEmpty).nullish(),
      url: text(url).nullish(),
    }).transform((one) => ({
      type: one.type,
      project: one.project,
      credentials: one.credentials ?? null,
      url: one.url ?? null,
    })),
    fields(true, {
      type: z.literal("azure"),
      subscription: text(notEmpty),
      resourceGroup: text(notEmpty),
      login: azureLogin(),
      url: text(url).nullish(),
    }).transform((one) => ({
      type: one.type,
      subscription: one.subscription,
      resourceGroup: one.resourceGroup,
      login: one.login,
      url: one.url ?? null,
    })),
    fields(true, { type: z.literal("external-dns"), url: text(url).nullish() }).transform(({ type, url: at }) => ({
      type,
      url: at ?? "http://localhost:8888",
    })),
  ]);
  return z
    .unknown()
    .check(
      always((value, report) => {
        const type = isRecord(value) ? value["type"] : undefined;
        if (type === undefined || TYPES.some((one) => one === type)) return;
        report(`is ${JSON.stringify(type)}; it must be one of ${TYPES.join(", ")}`, ["type"]);
      }),
    )
    .pipe(union);
}

function algorithm() {
  return z.enum(["hmac-sha256", "hmac-sha384", "hmac-sha512"]);
}
