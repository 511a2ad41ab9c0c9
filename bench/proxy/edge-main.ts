/** The edge as it is measured: 10,000 hosts, three clusters of which the first is nearest, everything switched on. */
import { createWriteStream, readFileSync } from "node:fs";
import { compile } from "../../src/core/compile/compile.ts";
import { publishSnapshot } from "../../src/core/snapshot/publish.ts";
import { certificateTable } from "../../src/edge/http1/certificates.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { sha256Hex } from "../../src/store/signature.ts";
import { textStore } from "../../src/store/text.ts";
import { cluster, ingress, observation, rule, service } from "../../test/build/objects.ts";
import { lineBuffer } from "../../workers/line-buffer.ts";
import { edgeStore, startNodeEdge } from "../../workers/node-edge.ts";
import type { PeerFacts } from "./peers.ts";

const [factsPath = "", logPath = ""] = process.argv.slice(2);
const facts = JSON.parse(readFileSync(factsPath, "utf8")) as PeerFacts;

const places = [
  { latitude: 50.1, longitude: 8.7 },
  { latitude: 40.7, longitude: -74 },
  { latitude: 35.7, longitude: 139.7 },
];
const clusters = places.map((location, index) =>
  cluster(`c${index}`, {
    location,
    gateway: {
      connectHost: "127.0.0.1",
      port: facts.originPort,
      protocol: "http",
      serverName: null,
      ca: null,
      host: "public",
      signed: false,
    },
  }),
);
const ingresses = facts.hosts.map((host) =>
  ingress(host, { rules: [rule(host, "/", "shop"), rule(host, "/api", "shop")] }),
);
const config = observation(null, { clusters, ingresses });
const members = clusters.map(({ meta }) => observation(meta.name, { services: [service("shop")] }));
const { snapshot } = compile({ config, clusters: members, previous: null, allowPrivateOrigins: true, nowMs: 0 });
const store = memoryStore();
await publishSnapshot({ put: textStore(store).put, digest: sha256Hex, sign: null }, snapshot, {
  epoch: 1,
  generation: 1,
  audience: "bench",
  publishedAtMs: Date.now(),
  replaces: null,
  knownSlices: new Set(),
});

const log = createWriteStream(logPath, { highWaterMark: 2 ** 20 });
const lines = lineBuffer((text) => void log.write(text));

const edge = await startNodeEdge(
  {
    name: "bench",
    listen: { host: "127.0.0.1", port: facts.tlsPort },
    certificates: certificateTable([
      {
        names: ["*.example.org"],
        cert: readFileSync(facts.tls.cert, "utf8"),
        key: readFileSync(facts.tls.key, "utf8"),
      },
    ]),
    plainListen: { host: "127.0.0.1", port: facts.port },
    location: places[0] ?? null,
    trustedProxies: [],
    trustedHops: 0,
    trustedHeader: null,
    debugToken: null,
    audience: "bench",
    allowPrivateOrigins: true,
    pollIntervalMs: 5000,
    locationHeaders: null,
  },
  {
    store: edgeStore(store),
    verify: null,
    locator: null,
    accessLog: lines.add,
    log: (line) => void process.stderr.write(`${line}\n`),
  },
);
await edge.edge.refresh();
process.on("SIGTERM", () => void edge.close().then(() => process.exit(0)));
