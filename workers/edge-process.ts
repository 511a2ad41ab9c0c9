/** One of the processes of `portolan edge --processes`: an edge whose store is in the process that started it. */
import type { EdgeOptions } from "../src/cli/deps.ts";
import { parsePinKeys } from "../src/edge/pin.ts";
import { directoryReaders } from "../src/kube/directory.ts";
import { listenerFor, openCertificates, secretFolders } from "./certificates.ts";
import { openDatabase } from "./database.ts";
import { AUDIENCE, openHopKeys } from "./files-edge.ts";
import { lineBuffer } from "./line-buffer.ts";
import { type NodeEdge, startNodeEdge } from "./node-edge.ts";
import type { FromProcess, ToProcess } from "./process-messages.ts";

/** Clients that are connected have so long to come with the request whose answer tells them to leave. */
const IDLE_GRACE_MS = 1000;

/** The store is in the first process, which has a snapshot already. */
const SNAPSHOT_WITHIN_MS = 10_000;

const waiting = new Map<number, (text: string | null) => void>();
let asked = 0;
let edge: NodeEdge | null = null;
let reload: () => Promise<void> = () => Promise.resolve();

function say(message: FromProcess): void {
  if (process.connected) process.send?.(message);
}

process.on("message", (message: ToProcess) => {
  switch (message.type) {
    case "start":
      start(message.options, message.name, message.pinKeys).catch((error: unknown) => {
        const code = error instanceof Error && "code" in error ? String(error.code) : "";
        say({ type: "failed", message: error instanceof Error ? error.message : String(error), code });
        process.exitCode = 1;
        process.disconnect();
      });
      break;
    case "stored":
      waiting.get(message.id)?.(message.text);
      waiting.delete(message.id);
      break;
    case "metrics":
      say({ type: "metrics", id: message.id, text: edge?.edge.metricsText() ?? "" });
      break;
    case "reload":
      void reload();
      break;
    case "stop":
      void stop();
      break;
    default:
      message satisfies never;
  }
});
// The first process decides; the terminal signals all of them. Without it nobody would ever end this one.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
process.once("disconnect", () => void stop());

async function start(options: EdgeOptions, name: string, pinKeys: string): Promise<void> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const { hopKeys, geoip, listener } = options;
  const keys = hopKeys === null ? null : await openHopKeys(hopKeys, { log });
  const locator = geoip === null ? null : await openDatabase(geoip, { onProblem: log });
  const directory = listener.tls?.secrets === true ? await directoryReaders(options.from) : null;
  const folders = () => (directory === null ? [] : secretFolders(directory, options.from));
  const certificates = listener.tls === null ? null : await openCertificates(listener.tls, folders, log);
  if (certificates !== null) reload = certificates.reload;
  const lines = lineBuffer((text) => void process.stdout.write(text));
  edge = await startNodeEdge(
    {
      ...options,
      ...listenerFor(options, certificates),
      name,
      audience: AUDIENCE,
      pollIntervalMs: 100,
      snapshotWithinMs: SNAPSHOT_WITHIN_MS,
      idleGraceMs: IDLE_GRACE_MS,
    },
    {
      store: {
        get: (key) =>
          new Promise((resolve) => {
            asked += 1;
            waiting.set(asked, resolve);
            say({ type: "get", id: asked, key });
          }),
        report: (from, text) => Promise.resolve(say({ type: "report", edge: from, text })),
      },
      verify: null,
      locator,
      pinKeys: await parsePinKeys(pinKeys),
      accessLog: lines.add,
      log,
      ...(keys === null ? {} : { sign: (request) => keys.current().sign(request, Date.now()) }),
    },
  );
  say({ type: "ready", url: edge.url, plainUrl: edge.plainUrl });
}

async function stop(): Promise<void> {
  await edge?.close();
  // Standard output may be a pipe that has not taken everything yet.
  process.stdout.write("", () => process.exit());
}
