/** Tokens for clusters of EKS, GKE and AKS, made in this process instead of by the plug-ins that kubeconfig files name. */
import { assumedRole } from "../src/cloud/assume-role.ts";
import { eksTokens } from "../src/cloud/eks-token.ts";
import { federatedToken, isExternalAccount } from "../src/cloud/google-federation.ts";
import type { AzureLogin } from "../src/core/dns/settings.ts";
import { cloudPlugin, type CloudPlugin } from "../src/kube/access/cloud-plugin.ts";
import type { CredentialSource } from "../src/kube/access/credential.ts";
import type { ExecPlugin } from "../src/kube/access/exec-credential.ts";
import { renewedCredential, type TokenSource } from "../src/kube/access/renewed.ts";
import type { CloudTokenSettings } from "../src/kube/schema/control.ts";
import { type CredentialsSource, environmentCredentials } from "../src/store/s3/credentials.ts";
import { azureToken, fileText, googleToken } from "./dns-providers.ts";

/** What GKE's own plug-in asks for. */
const GOOGLE_SCOPE = "https://www.googleapis.com/auth/cloud-platform";

export interface CloudTokenDeps {
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => number;
}

/** Nothing was said, and this is no place without programs: then plug-ins are run. */
export function cloudTokenSettings(
  said: CloudTokenSettings | null,
  { env }: Pick<CloudTokenDeps, "env">,
): CloudTokenSettings | null {
  const isLambda = env["AWS_LAMBDA_FUNCTION_NAME"] !== undefined;
  return said ?? (isLambda ? { google: null, azure: null } : null);
}

/** Answers `ContextOptions.tokens`: AWS by the environment, the others by what the settings name. */
export function cloudTokens(
  settings: CloudTokenSettings,
  deps: CloudTokenDeps,
): (plugin: ExecPlugin) => CredentialSource | null {
  const own = environmentCredentials(deps.env, deps.now);
  return (plugin) => {
    const asked = cloudPlugin(plugin);
    const open = asked === null ? null : opener(asked, settings, { ...deps, own });
    return open === null ? null : renewedCredential(open, { where: plugin.where, now: deps.now });
  };
}

interface OpenDeps extends CloudTokenDeps {
  readonly own: CredentialsSource;
}

function opener(
  asked: CloudPlugin,
  { google, azure }: CloudTokenSettings,
  { env, now, own }: OpenDeps,
): (() => TokenSource) | null {
  switch (asked.cloud) {
    case "aws": {
      const { cluster, role } = asked;
      const region = asked.region ?? env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"] ?? null;
      if (region === null) return () => () => Promise.reject(new Error("neither the file nor AWS_REGION says where"));
      const endpoint = env["AWS_ENDPOINT_URL_STS"] ?? null;
      const credentials = role === null ? own : assumedRole({ role, region, credentials: own, now, endpoint });
      return () => eksTokens({ cluster, region, credentials, now });
    }
    case "google":
      return google === null ? null : () => later(() => googleSource(google.credentials, { env, now, own }));
    case "azure": {
      const login: AzureLogin | null = azure;
      return login === null ? null : () => later(() => azureToken(login, { resource: asked.serverId, now }));
    }
    default:
      return asked satisfies never;
  }
}

async function googleSource(path: string | null, deps: OpenDeps): Promise<TokenSource> {
  const { env, now, own } = deps;
  const account = path === null ? "" : await fileText(path);
  if (!isExternalAccount(account)) return await googleToken(path, { scope: GOOGLE_SCOPE, now });
  const region = env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"] ?? null;
  return federatedToken({ account, scope: GOOGLE_SCOPE, credentials: own, region, readFile: fileText, now });
}

/** A source that is opened by its first use: files are read when they are needed. */
function later(open: () => Promise<TokenSource>): TokenSource {
  let opened: Promise<TokenSource> | null = null;
  return async () => {
    opened ??= open();
    return await (await opened)();
  };
}
