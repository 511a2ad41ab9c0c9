/**
 * How long each runtime takes from nothing to its first answer, and how large what it is given is:
 * `node bench/start-up.ts [runs] [--write]`. `--write` puts the table into docs/edges.md. Fastly needs what `.ci/run`
 * installs for it, and is left out otherwise.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fastlyScript } from "../scripts/bundle-fastly.ts";
import { bundleEdge, type BundleModule } from "../scripts/bundle.ts";
import { ask } from "../test/conformance/edge-client.ts";
import { type EdgeStart, HOST, type RunningEdge, startEdgeWorld } from "../test/conformance/edge-world.ts";
import { startDistribution } from "../test/edge/cloudfront.ts";
import { fastlyEdges, lackingForFastly } from "../test/edge/fastly-edge.ts";
import { startLambda } from "../test/edge/lambda-process.ts";
import { startServedBundle } from "../test/edge/served-bundle.ts";
import { startSocketProcess } from "../test/edge/socket-process.ts";
import { startWorkerd } from "../test/edge/workerd.ts";

const args = process.argv.slice(2);
const RUNS = Number(args.find((one) => /^\d+$/.test(one)) ?? 5);
const PAGE = join(import.meta.dirname, "../docs/edges.md");
const BIN = join(import.meta.dirname, "../node_modules/.bin");

interface Runtime {
  readonly name: string;
  readonly size: string;
  start(options: EdgeStart): Promise<RunningEdge>;
  readonly readsParts?: boolean;
}

const kib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`;

function sizeOf(modules: readonly BundleModule[]): string {
  const sum = (some: readonly BundleModule[]) => some.reduce((total, { code }) => total + Buffer.byteLength(code), 0);
  return `${kib(sum(modules.filter(({ atStart }) => atStart)))} at the start, ${kib(sum(modules))} in all`;
}

const bindings = ({ publicKeys, audience, location, bundled, debugToken }: EdgeStart) => ({
  PUBLIC_KEYS: publicKeys,
  AUDIENCE: audience,
  ALLOW_PRIVATE_ORIGINS: "true",
  POLL_SECONDS: "0.05",
  DEBUG_TOKEN: debugToken,
  ...(location === null ? {} : { LOCATION: `${location.latitude},${location.longitude}` }),
  ...(bundled === null ? {} : { BUNDLED_SNAPSHOT: bundled }),
});

const cloudflare = (await bundleEdge("cloudflare")).modules;
const lambda = (await bundleEdge("lambda-edge")).modules;
const plain = (await bundleEdge("fetch")).modules;
const folder = await mkdtemp(join(tmpdir(), "portolan-start-up-"));
for (const { name, code } of plain) await writeFile(join(folder, name), code);
const socket = (binary: string, more: readonly string[] = []) => ({ binary, args: more });
const deno = [
  "run",
  "--quiet",
  "--no-remote",
  "--allow-net",
  "--allow-env",
  "--allow-read",
  "--allow-sys",
  "workers/deno.ts",
];

const runtimes: Runtime[] = [
  {
    name: "Node",
    size: "sources",
    start: (options) => startSocketProcess(socket(process.execPath, ["workers/node.ts"]), options),
  },
  { name: "Deno", size: "sources", start: (options) => startSocketProcess(socket(join(BIN, "deno"), deno), options) },
  {
    name: "Bun",
    size: "sources",
    start: (options) => startSocketProcess(socket(join(BIN, "bun"), ["run", "workers/bun.ts"]), options),
  },
  {
    name: "Cloudflare Workers (workerd)",
    size: sizeOf(cloudflare),
    start: (options) =>
      startWorkerd({
        modules: cloudflare,
        kv: options.storeUrl,
        bindings: { ...bindings(options), PLATFORM: "workerd" },
      }),
  },
  {
    name: "CloudFront with Lambda@Edge",
    size: sizeOf(lambda),
    start: async (options) =>
      startDistribution(
        await startLambda({
          modules: lambda,
          settings: { ...bindings(options), SNAPSHOT_URL: options.storeUrl },
          region: "eu-central-1",
        }),
        () => ({}),
      ),
  },
  {
    name: "fetch on Deno",
    size: sizeOf(plain),
    start: (options) => startServedBundle("Deno", join(folder, "fetch.js"), options),
  },
  {
    name: "fetch on Bun",
    size: sizeOf(plain),
    start: (options) => startServedBundle("Bun", join(folder, "fetch.js"), options),
  },
];

const lacking = await lackingForFastly();
const fastly = lacking === null ? await fastlyEdges() : null;
if (lacking !== null) console.warn(lacking);
if (fastly !== null) {
  const { code } = await fastlyScript(null);
  runtimes.splice(4, 0, {
    name: "Fastly Compute (Viceroy)",
    size: `${kib(Buffer.byteLength(code))} of script, evaluated beforehand`,
    start: (options) => fastly.start(options),
    readsParts: true,
  });
}

const rows = [];
for (const runtime of runtimes) rows.push(await measured(runtime));
await fastly?.close();
await rm(folder, { recursive: true });
const table = [
  "| Runtime | What it is given | Listens after | First answer | Later ones |",
  "| --- | --- | --- | --- | --- |",
  ...rows,
].join("\n");
console.log(table);
if (args.includes("--write")) {
  const page = await readFile(PAGE, "utf8");
  await writeFile(PAGE, page.replace(/\| Runtime \| What it is given [^]*?\n(?=\n)/, `${table}\n`));
}

/** The best of some runs: whatever else the machine does makes a run slower, never faster. */
async function measured({ name, size, start, readsParts = false }: Runtime): Promise<string> {
  const world = await startEdgeWorld({ name, provesUnsent: false, hostOverride: "none", start, readsParts });
  await world.publish([HOST]);
  const bundled = readsParts ? null : await world.bundle();
  const times: { readonly listens: number; readonly first: number; readonly later: number }[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const began = performance.now();
    const edge = await world.start({ bundled });
    const listens = performance.now() - began;
    const first = await timed(edge);
    const later: number[] = [];
    for (let index = 0; index < 20; index += 1) later.push(await timed(edge));
    times.push({ listens, first, later: later.sort((a, b) => a - b)[10] ?? 0 });
    await edge.close();
  }
  await world.close();
  const best = (of: (one: (typeof times)[number]) => number) => `${Math.min(...times.map(of)).toFixed(1)} ms`;
  const listens = readsParts ? "at once" : best((one) => one.listens);
  return `| ${name} | ${size} | ${listens} | ${best((one) => one.first)} | ${best((one) => one.later)} |`;
}

async function timed(edge: RunningEdge): Promise<number> {
  const began = performance.now();
  const { status } = await ask(edge.url, "/");
  if (status !== 200) throw new Error(`Cannot measure: the answer was ${status}`);
  return performance.now() - began;
}
