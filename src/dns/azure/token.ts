/** Access tokens for Azure's management API: of a machine, of a workload, or of an application that proves who it is. */
import { createHash, X509Certificate } from "node:crypto";
import { importPKCS8, SignJWT } from "jose";
import { cachedToken, type TokenSource } from "../token.ts";

export interface AzureTokenOptions {
  /** The login server; Azure's public cloud unless said otherwise. */
  readonly authority?: string;
  /** What the token is for. */
  readonly resource?: string;
  readonly timeoutMs?: number;
  /** Wall clock in ms. */
  readonly now?: () => number;
}

export interface AzureApplication {
  readonly tenant: string;
  readonly clientId: string;
}

const RESOURCE = "https://management.azure.com";
const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** An application with a secret. */
export function clientSecretToken(
  application: AzureApplication & { readonly secret: string },
  options: AzureTokenOptions = {},
): TokenSource {
  return applicationToken(application, options, async () => ({ client_secret: application.secret }));
}

/** An application with a certificate: the key signs, Azure knows the certificate by its thumbprint. */
export function certificateToken(
  application: AzureApplication & { readonly privateKey: string; readonly certificate: string },
  options: AzureTokenOptions = {},
): TokenSource {
  const { now = Date.now } = options;
  return applicationToken(application, options, async (audience) => {
    const key = await importPKCS8(application.privateKey, "RS256").catch(() => {
      throw new TypeError(`Cannot use the key of "${application.clientId}": it is not a private key in PKCS #8 form`);
    });
    const { raw } = new X509Certificate(application.certificate);
    const seconds = Math.floor(now() / 1000);
    const assertion = await new SignJWT({})
      .setProtectedHeader({
        alg: "RS256",
        typ: "JWT",
        "x5t#S256": createHash("sha256").update(raw).digest("base64url"),
      })
      .setIssuer(application.clientId)
      .setSubject(application.clientId)
      .setAudience(audience)
      .setJti(crypto.randomUUID())
      .setNotBefore(seconds)
      .setExpirationTime(seconds + 600)
      .sign(key);
    return { client_assertion_type: JWT_BEARER, client_assertion: assertion };
  });
}

/** A workload of a cluster: what `read` gives was signed by the cluster for it, and changes all the time. */
export function workloadToken(
  application: AzureApplication,
  read: () => Promise<string>,
  options: AzureTokenOptions = {},
): TokenSource {
  return applicationToken(application, options, async () => ({
    client_assertion_type: JWT_BEARER,
    client_assertion: (await read()).trim(),
  }));
}

/** On Azure's own machines: no secret at all. `clientId` chooses among several identities. */
export function managedIdentityToken(
  clientId: string | null,
  options: Omit<AzureTokenOptions, "authority"> & { readonly url?: string } = {},
): TokenSource {
  const { timeoutMs = 5000, now = Date.now, resource = RESOURCE } = options;
  const { url = "http://169.254.169.254/metadata/identity/oauth2/token" } = options;
  const query = new URLSearchParams({ "api-version": "2018-02-01", resource });
  if (clientId !== null) query.set("client_id", clientId);
  return cachedToken("Azure", now, async () =>
    fetch(`${url}?${query.toString()}`, { headers: { metadata: "true" }, signal: AbortSignal.timeout(timeoutMs) }),
  );
}

function applicationToken(
  { tenant, clientId }: AzureApplication,
  options: AzureTokenOptions,
  proof: (audience: string) => Promise<Readonly<Record<string, string>>>,
): TokenSource {
  const { authority = "https://login.microsoftonline.com", resource = RESOURCE } = options;
  const { timeoutMs = 10_000, now = Date.now } = options;
  const url = `${authority}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`;
  return cachedToken("Azure", now, async () => {
    const body = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: clientId,
      scope: `${resource}/.default`,
      ...(await proof(url)),
    });
    return await fetch(url, { method: "POST", body, signal: AbortSignal.timeout(timeoutMs) });
  });
}
