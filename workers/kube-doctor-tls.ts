/** What `portolan doctor` looks at where certificates of `spec.tls` are sealed for edges. */
import { Failure } from "../src/cli/failure.ts";
import type { Check } from "../src/cli/kube-commands.ts";
import { causeOf } from "../src/core/cause.ts";
import type { ApiClient } from "../src/kube/api-client.ts";
import { checkRights } from "../src/kube/join/preflight.ts";
import { namedSecrets } from "../src/kube/join/tls-secrets.ts";
import type { ControlSettings } from "../src/kube/schema/control.ts";
import { readRecipients } from "./edge-key-files.ts";

/** Whether there is somebody to seal to; nothing where nobody asks for it. */
export async function edgeKeyChecks({ tlsSecrets }: ControlSettings): Promise<readonly Check[]> {
  if (tlsSecrets === null) return [];
  const rest = { what: "edge keys", attachment: "" };
  try {
    const names = (await readRecipients(tlsSecrets.recipients)).map(({ name }) => name);
    return [{ ...rest, result: "ok", found: names.join(", "), next: "" }];
  } catch (cause) {
    const next = cause instanceof Failure ? cause.next : "";
    return [{ ...rest, result: "fail", found: causeOf(cause), next }];
  }
}

/** Whether control may get each Secret that our Ingresses name, asked with its own credentials. */
export async function tlsSecretChecks(
  what: string,
  client: ApiClient,
  { settings, context }: { readonly settings: ControlSettings; readonly context: string },
): Promise<readonly Check[]> {
  if (settings.tlsSecrets === null) return [];
  const named = await namedSecrets(client, settings.claimClassless);
  if ("ok" in named) return [{ what, result: "warn", found: named.cause, next: "", attachment: "" }];
  const rights = [...named].flatMap(([namespace, names]) =>
    names.map((name) => ({ verb: "get", group: "", resource: "secrets", namespace, name })),
  );
  const { result, found } = await checkRights(client, rights);
  const next = result === "ok" ? "" : `portolan join ${context} --tls-secrets`;
  return [{ what, result, found: rights.length === 0 ? "no Ingress of ours names one" : found, next, attachment: "" }];
}
