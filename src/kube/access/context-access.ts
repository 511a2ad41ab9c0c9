/** A context of a kubeconfig as the way to one API. */
import { readFile } from "node:fs/promises";
import { isRecord } from "../plain.ts";
import { ANONYMOUS, bearer, type CredentialSource } from "./credential.ts";
import { EXEC_VERSIONS, execCredential, type ExecPlugin } from "./exec-credential.ts";
import type { Kubeconfig } from "./kubeconfig.ts";
import { type Entry, KubeconfigError, pathOf } from "./kubeconfig-entry.ts";
import { isLoopback } from "./loopback.ts";
import type { ApiAccess } from "./access.ts";

export interface ContextOptions {
  /** Takes `insecure-skip-tls-verify` and plain http to other machines for what they say; refused otherwise. */
  readonly allowInsecure?: boolean;
  readonly now?: () => number;
  /** Environment of credential plug-ins. */
  readonly env?: NodeJS.ProcessEnv;
  /** Makes the token of a plug-in here, so that it is not run; null runs it. */
  readonly tokens?: (plugin: ExecPlugin) => CredentialSource | null;
}

/**
 * The way to the API of a context, `null` for the current one. Throws a `KubeconfigError` that names file and field for
 * whatever can be seen without asking anybody; files and plug-ins are read when a request needs them.
 */
export function contextAccess(config: Kubeconfig, name: string | null, options: ContextOptions = {}): ApiAccess {
  const wanted = name ?? config.currentContext;
  const files = config.files.join(", ");
  if (wanted === null) throw new KubeconfigError(`Cannot choose a context: ${files} has no current-context`);
  const context = config.find("contexts", wanted);
  if (context === null)
    throw new KubeconfigError(
      missing(
        "context",
        wanted,
        config.contexts.map((one) => one.name),
        files,
      ),
    );
  const clusterName = context.text("cluster");
  if (clusterName === null) throw context.fail("it is missing", "cluster");
  const cluster = config.find("clusters", clusterName);
  if (cluster === null) throw context.fail(`there is no cluster ${JSON.stringify(clusterName)}`, "cluster");
  const userName = context.text("user");
  const user = userName === null ? null : config.find("users", userName);
  if (userName !== null && user === null) throw context.fail(`there is no user ${JSON.stringify(userName)}`, "user");
  const allowInsecure = options.allowInsecure ?? false;
  const server = serverOf(cluster);
  const skips = cluster.flag("insecure-skip-tls-verify");
  if (skips && !allowInsecure) {
    throw cluster.fail(
      "whoever answers would be sent the credentials; give certificate-authority-data instead",
      "insecure-skip-tls-verify",
    );
  }
  const credentials = user === null ? null : credentialsOf(user, userName ?? "", cluster, options);
  const isPlain = server.protocol === "http:" && !isLoopback(server.hostname);
  if (isPlain && credentials !== null && !allowInsecure) {
    throw cluster.fail("credentials would travel unencrypted; write https", "server");
  }
  const ca = cluster.pem("certificate-authority");
  if (skips && ca !== null)
    throw cluster.fail("it contradicts the certificate-authority beside it", "insecure-skip-tls-verify");
  const serverName = cluster.text("tls-server-name");
  const proxy = proxyOf(cluster);
  return {
    server: server.href,
    ...(credentials === null ? {} : { credentials }),
    ...(ca === null ? {} : { ca }),
    ...(serverName === null ? {} : { serverName }),
    ...(skips ? { skipTlsVerify: true } : {}),
    ...(proxy === null ? {} : { proxy }),
    ...(user === null ? {} : impersonated(user)),
  };
}

function serverOf(cluster: Entry): URL {
  const text = cluster.text("server");
  if (text === null) throw cluster.fail("it is missing", "server");
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:"))
    throw cluster.fail("it is not an https URL", "server");
  if (url.username !== "" || url.password !== "") throw cluster.fail("it holds a user name or a password", "server");
  return url;
}

function proxyOf(cluster: Entry): string | null {
  const text = cluster.text("proxy-url");
  if (text === null) return null;
  const known = ["http:", "https:", "socks5:"];
  if (URL.canParse(text) && known.includes(new URL(text).protocol)) return text;
  throw cluster.fail("it is not an http, https or socks5 URL", "proxy-url");
}

function credentialsOf(
  user: Entry,
  userName: string,
  cluster: Entry,
  options: ContextOptions,
): CredentialSource | null {
  if (user.inside("auth-provider") !== null) {
    throw user.fail(
      "auth-provider was removed from Kubernetes; write an exec plug-in instead, for GKE gke-gcloud-auth-plugin",
      "auth-provider",
    );
  }
  const cert = user.pem("client-certificate");
  const key = user.pem("client-key");
  if ((cert === null) !== (key === null))
    throw user.fail("a client certificate needs its key, and a key its certificate");
  const shown = authorizationOf(user, userName, cluster, options);
  if (cert === null || key === null) return shown;
  return async (rejected) => {
    const [pair, credential] = await Promise.all([Promise.all([cert(), key()]), shown?.(rejected) ?? ANONYMOUS]);
    return { ...credential, certificate: { cert: pair[0], key: pair[1] } };
  };
}

/** The same order as client-go: a token file before a token, either before a name and a password, then the plug-in. */
function authorizationOf(
  user: Entry,
  userName: string,
  cluster: Entry,
  options: ContextOptions,
): CredentialSource | null {
  const exec = user.inside("exec");
  const tokenFile = user.text("tokenFile");
  const token = user.text("token");
  if (tokenFile !== null) {
    const path = pathOf(user.folder, tokenFile);
    return async () => {
      const text = await readFile(path, "utf8").catch((cause: unknown) => {
        throw Object.assign(user.fail(`the file ${JSON.stringify(path)} cannot be read`, "tokenFile"), { cause });
      });
      return bearer(text, `the token of ${JSON.stringify(path)}`);
    };
  }
  if (token !== null) {
    const credential = bearer(token, `the token at ${user.where("token")}`);
    return () => credential;
  }
  const name = user.text("username");
  if (name !== null) {
    const pair = Buffer.from(`${name}:${user.text("password") ?? ""}`, "utf8").toString("base64");
    return () => ({ authorization: `Basic ${pair}`, certificate: null });
  }
  return exec === null ? null : execOf(exec, userName, cluster, options);
}

function execOf(exec: Entry, userName: string, cluster: Entry, options: ContextOptions): CredentialSource {
  const command = exec.text("command");
  if (command === null) throw exec.fail("it is missing", "command");
  const apiVersion = exec.text("apiVersion") ?? "";
  if (!EXEC_VERSIONS.includes(apiVersion)) throw exec.fail(`it must be ${EXEC_VERSIONS.join(" or ")}`, "apiVersion");
  if (exec.text("interactiveMode") === "Always")
    throw exec.fail("nobody is there to answer the plug-in", "interactiveMode");
  const args = exec.value["args"] ?? [];
  if (!isTexts(args)) throw exec.fail("it is not a list of texts", "args");
  const env: Record<string, string> = {};
  const pairs = exec.value["env"] ?? [];
  if (!Array.isArray(pairs)) throw exec.fail("it is not a list", "env");
  for (const [index, pair] of pairs.entries()) {
    const { name, value } = isRecord(pair) ? pair : {};
    if (typeof name !== "string" || typeof value !== "string")
      throw exec.fail("it has no name and value of text", "env", index);
    env[name] = value;
  }
  const where = `user ${JSON.stringify(userName)} of ${exec.file}`;
  // A bare name is looked for in PATH, anything else is a path from the file's folder.
  const isPath = command.includes("/");
  const plugin: ExecPlugin = {
    where,
    command: isPath ? pathOf(exec.folder, command) : command,
    args,
    env,
    apiVersion,
    installHint: exec.text("installHint"),
    cluster: exec.flag("provideClusterInfo") ? clusterInfo(cluster) : null,
  };
  const made = options.tokens?.(plugin) ?? null;
  if (made !== null) return made;
  return execCredential(plugin, {
    now: options.now ?? Date.now,
    ...(options.env === undefined ? {} : { env: options.env }),
  });
}

function clusterInfo(cluster: Entry): object {
  const {
    server,
    "certificate-authority-data": ca,
    "tls-server-name": name,
    "proxy-url": proxy,
    extensions,
  } = cluster.value;
  const listed: readonly unknown[] = Array.isArray(extensions) ? extensions : [];
  const config = listed.find((one) => isRecord(one) && one["name"] === "client.authentication.k8s.io/exec");
  return {
    server,
    ...(ca === undefined ? {} : { "certificate-authority-data": ca }),
    ...(name === undefined ? {} : { "tls-server-name": name }),
    ...(proxy === undefined ? {} : { "proxy-url": proxy }),
    ...(isRecord(config) ? { config: config["extension"] } : {}),
  };
}

function impersonated(user: Entry): Pick<ApiAccess, "headers"> {
  const name = user.text("as");
  const uid = user.text("as-uid");
  const groups = user.value["as-groups"] ?? [];
  if (!isTexts(groups)) throw user.fail("it is not a list of texts", "as-groups");
  if (name === null) return {};
  return {
    headers: {
      "impersonate-user": name,
      ...(uid === null ? {} : { "impersonate-uid": uid }),
      ...(groups.length === 0 ? {} : { "impersonate-group": groups }),
    },
  };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function missing(what: string, name: string, known: readonly string[], files: string): string {
  const list =
    known.length === 0
      ? "it has none"
      : `it has ${known
          .slice(0, 20)
          .map((one) => JSON.stringify(one))
          .join(", ")}`;
  return `Cannot find the ${what} ${JSON.stringify(name)} in ${files}: ${list}`;
}
