/** Composition root of the command line. */
import { readFileSync } from "node:fs";
import { main } from "../src/cli/main.ts";
import { jsonSchema, SCHEMA_KINDS } from "../src/kube/schema/json-schema.ts";
import { bundleText } from "./bundle-command.ts";
import { CAPABILITIES } from "./capabilities.ts";
import { startControl } from "./control.ts";
import { openDatabase } from "./database.ts";
import { debugToken } from "./debug-token.ts";
import { makeEdgeKey } from "./edge-key-files.ts";
import { openDnsSession } from "./dns-session.ts";
import { startDnsWebhook } from "./dns-webhook.ts";
import { startFilesEdge } from "./files-edge.ts";
import { startGateway } from "./gateway.ts";
import { kubeCommands } from "./kube-commands.ts";
import { makeKeys } from "./key-files.ts";
import { loadTree, validate } from "./manifests.ts";
import { startNameServer } from "./name-server.ts";
import { startStoreEdge } from "./store-edge.ts";
import { syncOnce } from "./sync.ts";
import { startUp } from "./up.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

// Started by bin/portolan.mjs under another Node: whoever ended that process meant this one.
if (process.channel !== undefined) {
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.channel.unref();
}

process.exitCode = await main(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  loadTree,
  validate,
  debugToken,
  openLocator: openDatabase,
  openDns: openDnsSession,
  startEdge: startFilesEdge,
  startStoreEdge,
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
  jsonSchema,
  schemaKinds: SCHEMA_KINDS,
  kube: kubeCommands(process.stdin),
  untilStopped: (onHangup) =>
    new Promise((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
      process.on("SIGHUP", onHangup ?? (() => resolve()));
    }),
  version,
});
