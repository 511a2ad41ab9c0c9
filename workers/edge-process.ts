/** One of the processes of `portolan edge --processes`: an edge whose store is in the process that started it. */
import { parsePinKeys } from "../src/edge/pin.ts";
import { directoryReaders } from "../src/kube/directory.ts";
import { listenerFor, openOriginCertificate, secretFolders } from "./certificates.ts";
import { openTls } from "./sealed-certificates.ts";
import { openDatabase } from "./database.ts";
import { openHopKeys } from "./files-edge.ts";
import { readPublicKeys } from "./key-files.ts";
import { lineBuffer } from "./line-buffer.ts";
import { type NodeEdge, startNodeEdge } from "./node-edge.ts";
import {
  type FromProcess,
  type ProcessOptions,
  type ProcessStore,
  type ToProcess,
  versionOf,
} from "./process-messages.ts";
import { newTap, tapFilter } from "../src/edge/tap.ts";

/** Clients that are connected have so long to come with the request whose answer tells them to leave. */
const IDLE_GRACE_MS = 1000;

/** The store is in the first process, which has a snapshot already. */
const SNAPSHOT_WITHIN_MS = 10_000;

/** Told so often which snapshot is served, when it is another one. */
const SERVED_MS = 1000;

interface Waiting {
  readonly resolve: (text: string | null) => void;
  readonly reject: (error: Error) => void;
}

const waiting = new Map<number, Waiting>();
const tap = newTap(Date.now);
const taps = new Map<number, ReadableStreamDefaultReader<Uint8Array>>();
let asked = 0;
let edge: NodeEdge | null = null;
let reload: () => Promise<void> = () => Promise.resolve();
let refreshKeys: () => Promise<void> = () => Promise.resolve();

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
      if (message.ok) waiting.get(message.id)?.resolve(message.text);
      else waiting.get(message.id)?.reject(new Error("Cannot read the store"));
      waiting.delete(message.id);
      break;
    case "tap":
      void listen(message.id, message.query);
      break;
    case "untap":
      void taps.get(message.id)?.cancel();
      break;
    case "refresh":
      void edge?.edge.refresh();
      void refreshKeys();
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

async function start(options: ProcessOptions, name: string, pinKeys: string): Promise<void> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const { hopKeys, geoip, listener } = options;
  const keys = hopKeys === null ? null : await openHopKeys(hopKeys, { log });
  const locator = geoip === null ? null : await openDatabase(geoip, { onProblem: log });
  const { from, publicKeys } = options;
  const directory = from !== null && listener.tls?.secrets === true ? await directoryReaders(from) : null;
  const folders = () => (directory === null || from === null ? [] : secretFolders(directory, from));
  const { tls } = listener;
  const verify = publicKeys === null ? null : await readPublicKeys(publicKeys);
  const trust = verify ?? (() => Promise.resolve(false));
  const certificates =
    tls === null ? null : await openTls({ ...options, tls, get: read("store"), verify: trust, log }, folders);
  if (certificates !== null) ({ reload, refresh: refreshKeys } = certificates);
  const lines = lineBuffer((text) => void process.stdout.write(text));
  edge = await startNodeEdge(
    {
      ...options,
      ...listenerFor(options, certificates),
      clientCertificate: await openOriginCertificate(options.originCertificate),
      name,
      snapshotWithinMs: SNAPSHOT_WITHIN_MS,
      idleGraceMs: IDLE_GRACE_MS,
    },
    {
      store: {
        get: read("store"),
        report: (edge, text) => Promise.resolve(say({ type: "report", edge, text })),
      },
      verify,
      bundled: read("kept"),
      locator,
      pinKeys: await parsePinKeys(pinKeys),
      accessLog: lines.add,
      log,
      tap,
      ...(keys === null ? {} : { sign: (request) => keys.current().sign(request, Date.now()) }),
    },
  );
  say({ type: "ready", url: edge.url, plainUrl: edge.plainUrl });
  tellServed(edge);
}

const read =
  (of: ProcessStore) =>
  (key: string): Promise<string | null> =>
    new Promise((resolve, reject) => {
      asked += 1;
      waiting.set(asked, { resolve, reject });
      say({ type: "get", id: asked, key, of });
    });

function tellServed({ edge: { state } }: NodeEdge): void {
  let told = "";
  const tell = (): void => {
    if (state.serving === null || state.serving.loaded.hash === told) return;
    told = state.serving.loaded.hash;
    say({ type: "served", version: versionOf(state.serving.loaded) });
  };
  tell();
  setInterval(tell, SERVED_MS).unref();
}

async function listen(id: number, query: Readonly<Record<string, string>>): Promise<void> {
  const reader = tap.listen(tapFilter(query)).getReader();
  taps.set(id, reader);
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    say({ type: "tapped", id, lines: decoder.decode(value, { stream: true }) });
  }
  taps.delete(id);
}

async function stop(): Promise<void> {
  await edge?.close();
  // Standard output may be a pipe that has not taken everything yet.
  process.stdout.write("", () => process.exit());
}
