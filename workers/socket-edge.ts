/**
 * The edge on runtimes that have sockets (Node, Deno, Bun), set up by its environment alone: the strict engine in front,
 * the store over HTTPS behind. What `portolan edge --from` is for a directory, this is for a fleet.
 */
import process from "node:process";
import { bundleReader } from "../src/core/snapshot/bundle.ts";
import type { AdminDeps } from "../src/api/admin.ts";
import { parsePinKeys } from "../src/edge/pin.ts";
import { snapshotName } from "../src/edge/state.ts";
import { parseHopKeys } from "../src/store/hop-keys.ts";
import { nodeHopKeys } from "../src/store/hop-keys-node.ts";
import { manifestVerifier, publicKeyOf } from "../src/store/signature.ts";
import { readBundle } from "./bundle-file.ts";
import { openDatabase } from "./database.ts";
import { type NodeEdge, startNodeEdge } from "./node-edge.ts";
import { lineBuffer } from "./line-buffer.ts";
import { startAdmin } from "./node-admin.ts";
import { reportingStore } from "./reporting-store.ts";
import { type Environment, socketSettings } from "./socket-settings.ts";

export interface SocketEdge extends Pick<NodeEdge, "url" | "close"> {
  /** Address of the admin listener; null without one. */
  readonly adminUrl: string | null;
}

/** Starts what the environment describes; rejects with the name of a variable that is missing or malformed. */
export async function startSocketEdge(
  env: Environment,
  out: (text: string) => void,
  log: (line: string) => void,
): Promise<SocketEdge> {
  const settings = socketSettings(env);
  const keys = new Map<string, Awaited<ReturnType<typeof publicKeyOf>>>();
  for (const [id, jwk] of Object.entries(settings.publicKeys)) keys.set(id, await publicKeyOf(jwk));
  const bundle = settings.bundle === null ? null : await readBundle(settings.bundle);
  const locator = settings.geoip === null ? null : await openDatabase(settings.geoip, { onProblem: log });
  const hop = settings.hopKeys === null ? null : nodeHopKeys(parseHopKeys(settings.hopKeys));
  const { storeToken } = settings;
  const lines = lineBuffer(out);
  const edge = await startNodeEdge(settings.edge, {
    store: reportingStore(settings.storeUrl, storeToken === null ? null : () => storeToken),
    verify: manifestVerifier(keys),
    bundled: bundle === null ? null : bundleReader(bundle),
    locator,
    pinKeys: settings.pinKeys === null ? null : await parsePinKeys(settings.pinKeys),
    accessLog: lines.add,
    log,
    ...(hop === null ? {} : { sign: (request) => hop.sign(request, Date.now()) }),
  });
  const admin = settings.admin === null ? null : await startAdmin(settings.admin, adminOf(edge.edge));
  return {
    url: edge.url,
    adminUrl: admin?.url ?? null,
    async close() {
      await admin?.close();
      await edge.close();
      lines.close();
      locator?.close();
    },
  };
}

/** Runs one until it is told to stop; says where it listens. */
export async function runSocketEdge(env: Environment): Promise<void> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const edge = await startSocketEdge(env, (text) => void process.stdout.write(text), log);
  log(`edge       ${edge.url}`);
  if (edge.adminUrl !== null) log(`admin      ${edge.adminUrl}`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void edge.close().then(() => process.exit(0)));
  }
}

function adminOf({ metricsText, notReady, state }: NodeEdge["edge"]): AdminDeps {
  const status = () => ({ edge: state.name, snapshot: snapshotName(state), ready: notReady() ?? "yes" });
  return { metricsText, notReady, status: () => Promise.resolve(status()), actions: new Map() };
}
