/**
 * The walk-through as a person types it, with the real kubectl against three real API servers: what each command prints
 * goes to standard output, as it is. `node test/real/kube/typed.ts > walkthrough.txt`; docs/walkthrough.md is made of it.
 * The clusters have no nodes: a node and the pods, which a kubelet would bring to life, are stood in for in between.
 */
import { spawn } from "node:child_process";
import { cp, mkdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { kubeFolder } from "./build.ts";
import { startClusters, whyNoClusters } from "./clusters.ts";
import { makeNode, makePod } from "./stand-in.ts";
import { type RunningProcess, start } from "./process.ts";

const ROOT = join(import.meta.dirname, "../../..");
const NAMES = ["us-east1", "europe-west1", "asia-east1"] as const;
const WAIT_MS = 40_000;

if ((await whyNoClusters()) !== null) process.exit(1);
const world = await startClusters(NAMES);
const folder = join(world.folder, "k8shserver");
await cp(join(ROOT, "examples/k8shserver"), folder, { recursive: true });
// As `npm install portolan` would leave it, so that npx finds it here.
await mkdir(join(folder, "node_modules/.bin"), { recursive: true });
await symlink(join(ROOT, "bin/portolan.mjs"), join(folder, "node_modules/.bin/portolan"));
await symlink(ROOT, join(folder, "node_modules/portolan"));
const env = {
  ...process.env,
  PATH: `${await kubeFolder()}:${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
  KUBECONFIG: world.kubeconfig,
  CLUSTERS: NAMES.map((name) => `existing ${name} ${name}`).join("\n"),
};

let cwd = folder;

/** Goes to a folder, as the commands that follow do. */
function goTo(path: string): void {
  cwd = join(cwd, path);
  process.stdout.write(`$ cd ${path}\n`);
}

interface Typed {
  readonly out: string;
  readonly code: number | null;
}

async function quietly(command: string): Promise<Typed> {
  const child = spawn("bash", ["-c", command], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (out += text));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { out, code };
}

/** Types a command, and prints what it says. */
async function type(command: string): Promise<void> {
  const { out, code } = await quietly(command);
  process.stdout.write(`$ ${command}\n${out}${code === 0 ? "" : `(exit ${code})\n`}`);
}

/** Waits, as a person does who types a command again and again, and then prints it. */
async function typeUntil(command: string, holds: (out: string) => boolean): Promise<void> {
  const untilMs = Date.now() + WAIT_MS;
  while (!holds((await quietly(command)).out) && Date.now() < untilMs)
    await new Promise((resolve) => setTimeout(resolve, 300));
  await type(command);
}

const running: { kill(): unknown }[] = [];

/** Types a command that goes on, and prints its first lines. */
async function background(command: string, isUp: (out: string) => boolean): Promise<{ kill(): Promise<void> }> {
  const child = spawn("bash", ["-c", `exec ${command}`], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (out += text));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const untilMs = Date.now() + WAIT_MS;
  while (!isUp(out) && child.exitCode === null && Date.now() < untilMs)
    await new Promise((resolve) => setTimeout(resolve, 100));
  process.stdout.write(`$ ${command} &\n${out}`);
  const one = {
    async kill() {
      child.kill("SIGTERM");
      await ended;
    },
  };
  running.push(one);
  return one;
}

const pods: RunningProcess[] = [];
try {
  for (const name of NAMES) await makeNode(world, name);
  process.stdout.write(`$ export CLUSTERS='${env.CLUSTERS}'\n`);
  await type("kubectl config get-contexts");
  await type("./3-init.sh");
  goTo("federation");
  await type("cat portolan.yaml");
  // A cluster without load balancers: edges go to the pods.
  const more = "  allowPrivateOrigins: true\\n  edgeAddresses: [edge.example.org]\\n  store:";
  await type(`sed -i 's/^  store:/${more}/' portolan.yaml`);
  goTo("..");
  await type("./4-join.sh");
  goTo("federation");
  await type("npx portolan join us-east1 --write-back");
  for (const name of NAMES) pods.push(await start(...(await makePod(world, name))));
  const control = await background("npx portolan control --config portolan.yaml", (out) => out.includes("admin "));
  for (const name of NAMES)
    await type(
      `npx portolan convert -f ../ingress-v1beta1.yaml --class portolan | kubectl --context ${name} apply -f -`,
    );
  await typeUntil("npx portolan get clusters", (out) => (out.match(/serving +1\/1/g) ?? []).length === NAMES.length);
  await type("npx portolan get ingresses");
  await typeUntil("kubectl --context us-east1 get ingress", (out) => out.includes("edge.example.org"));
  const edge = (port: number, place: string) =>
    background(
      `npx portolan edge --store http://127.0.0.1:7181 --public-keys .portolan/public-keys.json --listen 127.0.0.1:${port} --location ${place} --allow-private-origins`,
      (out) => out.includes("edge "),
    );
  // At once: on one machine all clusters are equally near, which an edge knows as soon as it has measured three times.
  await edge(18_081, "gcp/us-east1");
  await typeUntil("curl -s http://127.0.0.1:18081/; echo", (out) => out.includes("zone"));
  await edge(18_082, "gcp/europe-west1");
  await typeUntil("curl -s http://127.0.0.1:18082/; echo", (out) => out.includes("zone"));
  await type("kubectl --context us-east1 delete pod k8shserver-us-east1 --grace-period=0 --force");
  await typeUntil("curl -s http://127.0.0.1:18081/; echo", (out) => !out.includes("us-east1"));
  await type("npx portolan get clusters");
  await type("npx portolan doctor --config portolan.yaml");
  await type("npx portolan unjoin asia-east1 --config portolan.yaml");
  await type("npx portolan get clusters");
  for (const one of running.splice(0).reverse()) await one.kill();
  await control.kill();
  goTo("..");
  await type("./5-destroy.sh");
  await type(
    "kubectl --context us-east1 get clusterroles,clusterrolebindings -l app.kubernetes.io/managed-by=portolan",
  );
} finally {
  for (const one of running) await one.kill();
  for (const one of pods) await one.kill();
  await world.close();
}
