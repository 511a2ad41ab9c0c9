/** Credentials of AWS as the environment gives them: variables, a container's agent, or the file of a person. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { AwsCredentials } from "./sign.ts";

export type CredentialsSource = () => Promise<AwsCredentials>;

/** Asked again when less than this is left of what an agent gave. */
const LEEWAY_MS = 5 * 60_000;
const AGENT_TIMEOUT_MS = 2_000;
/** What ECS and EKS give as a relative address is at this one. */
const CONTAINER_HOST = "http://169.254.170.2";

/**
 * In this order: `AWS_ACCESS_KEY_ID` with its secret (Lambda sets them), `AWS_CONTAINER_CREDENTIALS_FULL_URI` or
 * `…_RELATIVE_URI` (ECS, EKS Pod Identity), `~/.aws/credentials`. Rejects with what was looked for, never with a value.
 */
export function environmentCredentials(env: NodeJS.ProcessEnv, now: () => number): CredentialsSource {
  let agent: { readonly credentials: AwsCredentials; readonly expiresAtMs: number } | null = null;
  return async () => {
    const fromVariables = credentialsOf(
      env["AWS_ACCESS_KEY_ID"],
      env["AWS_SECRET_ACCESS_KEY"],
      env["AWS_SESSION_TOKEN"],
    );
    if (fromVariables !== null) return fromVariables;
    const relative = env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
    const uri = relative === undefined ? env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] : `${CONTAINER_HOST}${relative}`;
    if (uri !== undefined) {
      if (agent === null || agent.expiresAtMs - LEEWAY_MS < now()) agent = await askAgent(uri, env);
      return agent.credentials;
    }
    return await fromFile(env);
  };
}

async function askAgent(uri: string, env: NodeJS.ProcessEnv) {
  const file = env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];
  const token = file === undefined ? env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] : (await readFile(file, "utf8")).trim();
  const response = await fetch(uri, {
    headers: token === undefined ? {} : { authorization: token },
    redirect: "error",
    signal: AbortSignal.timeout(AGENT_TIMEOUT_MS),
  });
  if (response.status !== 200)
    throw new Error(`Cannot get AWS credentials: the container's agent answered ${response.status}`);
  const answer = (await response.json()) as Readonly<Record<string, unknown>>;
  const credentials = credentialsOf(answer["AccessKeyId"], answer["SecretAccessKey"], answer["Token"]);
  if (credentials === null) throw new Error("Cannot get AWS credentials: the container's agent gave none");
  const expires = answer["Expiration"];
  const expiresAtMs = typeof expires === "string" ? Date.parse(expires) : Number.POSITIVE_INFINITY;
  return { credentials, expiresAtMs };
}

async function fromFile(env: NodeJS.ProcessEnv): Promise<AwsCredentials> {
  const path = env["AWS_SHARED_CREDENTIALS_FILE"] ?? join(env["HOME"] ?? homedir(), ".aws", "credentials");
  const profile = env["AWS_PROFILE"] ?? "default";
  const text = await readFile(path, "utf8").catch(() => "");
  const values = new Map<string, string>();
  let section = "";
  for (const line of text.split("\n").map((one) => one.trim())) {
    if (line.startsWith("[")) section = line.slice(1, line.indexOf("]")).trim();
    const equals = line.indexOf("=");
    if (section === profile && equals > 0) values.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim());
  }
  const found = credentialsOf(
    values.get("aws_access_key_id"),
    values.get("aws_secret_access_key"),
    values.get("aws_session_token"),
  );
  if (found !== null) return found;
  throw new Error(
    `Cannot find AWS credentials: neither AWS_ACCESS_KEY_ID, nor a container's agent, nor the profile "${profile}" of ${path}`,
  );
}

function credentialsOf(id: unknown, secret: unknown, token: unknown): AwsCredentials | null {
  if (typeof id !== "string" || typeof secret !== "string" || id === "" || secret === "") return null;
  return {
    accessKeyId: id,
    secretAccessKey: secret,
    sessionToken: typeof token === "string" && token !== "" ? token : null,
  };
}
