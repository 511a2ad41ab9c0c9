/** The command line in tests, wired as `workers/cli.ts` does it. */
import { Readable } from "node:stream";
import type { CliDeps } from "../../src/cli/deps.ts";
import { main } from "../../src/cli/main.ts";
import { jsonSchema, SCHEMA_KINDS } from "../../src/kube/schema/json-schema.ts";
import { CAPABILITIES } from "../../workers/capabilities.ts";
import { openDatabase } from "../../workers/database.ts";
import { debugToken } from "../../workers/debug-token.ts";
import { makeEdgeKey } from "../../workers/edge-key-files.ts";
import { openDnsSession } from "../../workers/dns-session.ts";
import { startDnsWebhook } from "../../workers/dns-webhook.ts";
import { startFilesEdge } from "../../workers/files-edge.ts";
import { startGateway } from "../../workers/gateway.ts";
import { kubeCommands } from "../../workers/kube-commands.ts";
import { loadTree, validate } from "../../workers/manifests.ts";
import { startNameServer } from "../../workers/name-server.ts";
import { startControl } from "../../workers/control.ts";
import { bundleText } from "../../workers/bundle-command.ts";
import { makeKeys } from "../../workers/key-files.ts";
import { startStoreEdge } from "../../workers/store-edge.ts";
import { syncOnce } from "../../workers/sync.ts";
import { startUp } from "../../workers/up.ts";

export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line; `more` replaces parts of the wiring, as a person who types or stops would. */
export async function runCliWith(more: Partial<CliDeps>, args: readonly string[]): Promise<CliResult> {
  let [out, err] = ["", ""];
  const code = await main(args, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    loadTree,
    validate,
    debugToken,
    openLocator: openDatabase,
    openDns: openDnsSession,
    startEdge: startFilesEdge,
    startGateway,
    startDnsWebhook,
    startNameServer,
    startUp,
    capabilities: CAPABILITIES,
    startControl,
    syncOnce,
    makeKeys,
    makeEdgeKey,
    bundle: bundleText,
    startStoreEdge,
    jsonSchema,
    schemaKinds: SCHEMA_KINDS,
    kube: kubeCommands(Readable.from([])),
    untilStopped: async () => undefined,
    version: "test",
    ...more,
  });
  return { code, out, err };
}

export async function runCli(...args: readonly string[]): Promise<CliResult> {
  return await runCliWith({}, args);
}
