/** `portolan.yaml` as the control function starts from it. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Problem } from "../core/objects.ts";
import { isControl, readControlObject } from "./objects-from.ts";
import type { AzureLogin } from "../core/dns/settings.ts";
import type { CloudTokenSettings, ControlSettings } from "./schema/control.ts";
import { parseManifests } from "./yaml.ts";

/** What a file says, or what is wrong with it. */
export type ControlFile =
  | { readonly ok: true; readonly settings: ControlSettings }
  | { readonly ok: false; readonly message: string; readonly problems: readonly Problem[] };

/** Reads the one Control object of a file; paths in the settings are absolute afterwards. Never rejects. */
export async function readControlFile(file: string): Promise<ControlFile> {
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return refused(`Cannot read "${file}": there is no such file`);
  const { documents, problems } = parseManifests(text, file);
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0) return { ok: false, message: `Cannot read "${file}"`, problems: errors };
  const found = documents.filter(({ value }) => isControl(value));
  const [document] = found;
  if (document === undefined || found.length > 1) {
    return refused(`Cannot start from "${file}": it holds ${found.length} objects of kind Control, not one`);
  }
  const { positionOf } = document;
  const read = readControlObject(document.value, { strict: true, cluster: null, positionOf });
  if (read.settings === null) return { ok: false, message: `Cannot start from "${file}"`, problems: read.problems };
  return { ok: true, settings: absolute(read.settings, dirname(resolve(file))) };
}

function absolute(settings: ControlSettings, folder: string): ControlSettings {
  const from = (path: string) => (path.startsWith("~/") ? join(homedir(), path.slice(2)) : resolve(folder, path));
  const { config, store, serve } = settings;
  return {
    ...settings,
    config: typeof config === "object" && "directory" in config ? { directory: from(config.directory) } : config,
    kubeconfig: settings.kubeconfig?.map(from) ?? null,
    store: "file" in store ? { file: from(store.file) } : store,
    cloudTokens: settings.cloudTokens === null ? null : absoluteTokens(settings.cloudTokens, from),
    signingKey: from(settings.signingKey),
    serve: serve === null ? null : { ...serve, tokenFile: serve.tokenFile === null ? null : from(serve.tokenFile) },
    agents:
      settings.agents === null
        ? null
        : {
            ...settings.agents,
            publicKeys: from(settings.agents.publicKeys),
            tlsCert: settings.agents.tlsCert === null ? null : from(settings.agents.tlsCert),
            tlsKey: settings.agents.tlsKey === null ? null : from(settings.agents.tlsKey),
          },
    tlsSecrets:
      settings.tlsSecrets === null
        ? null
        : { ...settings.tlsSecrets, recipients: settings.tlsSecrets.recipients.map(from) },
    push: settings.push.map((one) => ({ ...one, tokenFile: one.tokenFile === null ? null : from(one.tokenFile) })),
  };
}

function absoluteTokens({ google, azure }: CloudTokenSettings, from: (path: string) => string): CloudTokenSettings {
  return {
    google: google === null || google.credentials === null ? google : { credentials: from(google.credentials) },
    azure: azure === null ? null : absoluteLogin(azure, from),
  };
}

/** A login whose files are found from wherever the process runs. */
export function absoluteLogin(login: AzureLogin, from: (path: string) => string): AzureLogin {
  switch (login.kind) {
    case "secret":
      return "file" in login.secret ? { ...login, secret: { file: from(login.secret.file) } } : login;
    case "certificate":
      return { ...login, key: from(login.key), certificate: from(login.certificate) };
    case "workload":
      return { ...login, tokenFile: from(login.tokenFile) };
    case "managed-identity":
      return login;
    default:
      return login satisfies never;
  }
}

function refused(message: string): ControlFile {
  return { ok: false, message, problems: [] };
}
