/** Credential plug-ins of kubeconfig files: a program that prints an ExecCredential (client.authentication.k8s.io). */
import { spawn } from "node:child_process";
import { isRecord } from "../plain.ts";
import { bearer, type Credential, type CredentialSource } from "./credential.ts";

export interface ExecPlugin {
  /** What people know it by in messages: `user "gke" of /home/me/.kube/config`. */
  readonly where: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly apiVersion: string;
  readonly installHint: string | null;
  /** `spec.cluster` of what the plug-in is told; null when the file does not ask for it. */
  readonly cluster: object | null;
}

export interface ExecOptions {
  readonly now: () => number;
  /** Environment of the program; `process.env` unless said otherwise. */
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

export const EXEC_VERSIONS: readonly string[] = [
  "client.authentication.k8s.io/v1",
  "client.authentication.k8s.io/v1beta1",
];

const MAX_OUTPUT_BYTES = 1024 * 1024;
/** A token that ends while it travels is of no use. */
const LEEWAY_MS = 10_000;
/** Four watches that are refused at once, again and again, must not start the program as often. */
const LEAST_INTERVAL_MS = 5_000;

interface Cached {
  readonly credential: Credential;
  readonly askedAtMs: number;
  readonly expiresAtMs: number | null;
}

/** Runs the program when its last answer has expired or was refused; whoever asks meanwhile gets the same answer. */
export function execCredential(plugin: ExecPlugin, options: ExecOptions): CredentialSource {
  let cached: Cached | null = null;
  let running: Promise<Cached> | null = null;
  return async (rejected) => {
    const nowMs = options.now();
    if (cached !== null && isUsable(cached, rejected, nowMs)) return cached.credential;
    running ??= run(plugin, options).finally(() => (running = null));
    cached = await running;
    return cached.credential;
  };
}

function isUsable({ credential, expiresAtMs, askedAtMs }: Cached, rejected: Credential | null, nowMs: number): boolean {
  if (expiresAtMs !== null && expiresAtMs - LEEWAY_MS <= nowMs) return nowMs - askedAtMs < 1000;
  return rejected !== credential || nowMs - askedAtMs < LEAST_INTERVAL_MS;
}

async function run(plugin: ExecPlugin, options: ExecOptions): Promise<Cached> {
  const askedAtMs = options.now();
  const told = { interactive: false, ...(plugin.cluster === null ? {} : { cluster: plugin.cluster }) };
  const info = JSON.stringify({ apiVersion: plugin.apiVersion, kind: "ExecCredential", spec: told });
  const env = { ...(options.env ?? process.env), ...plugin.env, KUBERNETES_EXEC_INFO: info };
  const output = await outputOf(plugin, env, options.timeoutMs ?? 60_000);
  return { ...readCredential(output, plugin), askedAtMs };
}

function outputOf(plugin: ExecPlugin, env: NodeJS.ProcessEnv, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`Cannot get a credential for ${plugin.where}: ${why}`));
    const child = spawn(plugin.command, plugin.args, { env, stdio: ["ignore", "pipe", "pipe"], timeout: timeoutMs });
    let output = "";
    let complaint = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.length > MAX_OUTPUT_BYTES) child.kill();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint = (complaint + text).slice(-4000)));
    child.once("error", (error) => {
      const isMissing = "code" in error && error.code === "ENOENT";
      const hint = plugin.installHint === null ? "" : `; ${firstLine(plugin.installHint)}`;
      fail(`"${plugin.command}" ${isMissing ? "is not installed" : "cannot be started"}${hint}`);
    });
    child.once("close", (code, signal) => {
      if (output.length > MAX_OUTPUT_BYTES)
        return fail(`"${plugin.command}" printed more than ${MAX_OUTPUT_BYTES} bytes`);
      if (code === 0) return resolve(output);
      const how = code === null ? `was ended by ${signal} after at most ${timeoutMs} ms` : `ended with ${code}`;
      const said = firstLine(complaint);
      return fail(`"${plugin.command}" ${how}${said === "" ? "" : `: ${said}`}`);
    });
  });
}

function readCredential(output: string, plugin: ExecPlugin): Omit<Cached, "askedAtMs"> {
  const fail = (why: string) => new Error(`Cannot get a credential for ${plugin.where}: "${plugin.command}" ${why}`);
  const answer = parsed(output);
  if (!isRecord(answer) || answer["kind"] !== "ExecCredential") throw fail("printed no ExecCredential");
  if (answer["apiVersion"] !== plugin.apiVersion) {
    throw fail(`answered as ${JSON.stringify(answer["apiVersion"])}; the file asks for "${plugin.apiVersion}"`);
  }
  const status = isRecord(answer["status"]) ? answer["status"] : {};
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = status;
  const hasPair = typeof cert === "string" && cert !== "" && typeof key === "string" && key !== "";
  const hasToken = typeof token === "string" && token !== "";
  if (!hasPair && !hasToken) throw fail("gave neither a token nor a client certificate with its key");
  const expiresAtMs = typeof expirationTimestamp === "string" ? Date.parse(expirationTimestamp) : null;
  if (Number.isNaN(expiresAtMs)) throw fail("gave an expirationTimestamp that is not a time");
  const authorization = hasToken ? bearer(token, `the token that "${plugin.command}" gave`).authorization : null;
  return { credential: { authorization, certificate: hasPair ? { cert, key } : null }, expiresAtMs };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** The first line that says something, without anything that could be a token. */
function firstLine(text: string): string {
  const line = text.split("\n").find((one) => one.trim() !== "") ?? "";
  const clean = line.trim().replace(/[\w.+/=-]{40,}/g, "…");
  return clean.length > 200 ? `${clean.slice(0, 199)}…` : clean;
}
