/**
 * Builds etcd, kube-apiserver, kube-controller-manager and kubectl once, into `~/.cache/portolan/kube-<versions>/`.
 * `node test/real/kube/build.ts` says where they are, or why there are none and ends with 1; a second run is immediate.
 */
import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { access, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export type KubeBinary = "etcd" | "kube-apiserver" | "kube-controller-manager" | "kubectl";

const modules = join(import.meta.dirname, "go");
const packages: readonly { readonly module: string; readonly pkg: string; readonly binary: KubeBinary }[] = [
  { module: "etcd", pkg: "go.etcd.io/etcd/server/v3", binary: "etcd" },
  { module: "kubernetes", pkg: "k8s.io/kubernetes/cmd/kube-apiserver", binary: "kube-apiserver" },
  { module: "kubernetes", pkg: "k8s.io/kubernetes/cmd/kube-controller-manager", binary: "kube-controller-manager" },
  { module: "kubernetes", pkg: "k8s.io/kubernetes/cmd/kubectl", binary: "kubectl" },
];

/** Where the programs are, built or not; `PORTOLAN_TEST_KUBE` names another folder. */
export async function kubeFolder(): Promise<string> {
  const given = process.env["PORTOLAN_TEST_KUBE"];
  if (given !== undefined) return given;
  const versions = [
    await required("kubernetes", "k8s.io/kubernetes"),
    await required("etcd", "go.etcd.io/etcd/server/v3"),
  ];
  return join(
    process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
    "portolan",
    `kube-${versions.join("-etcd-")}`,
  );
}

/** The folder of the programs when all of them are built, otherwise null. */
export async function builtKube(): Promise<string | null> {
  const folder = await kubeFolder();
  for (const { binary } of packages) {
    const there = await access(join(folder, binary), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (!there) return null;
  }
  return folder;
}

/** Builds what is missing; rejects with the last lines of Go when it cannot. */
export async function buildKube(log: (line: string) => void): Promise<string> {
  const folder = await kubeFolder();
  await mkdir(folder, { recursive: true });
  const version = await required("kubernetes", "k8s.io/kubernetes");
  const [major = "", minor = ""] = version.slice(1).split(".");
  const symbols = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
  const flags = Object.entries(symbols).flatMap(([name, value]) =>
    ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].map((pkg) => `-X ${pkg}.${name}=${value}`),
  );
  for (const { module, pkg, binary } of packages) {
    const path = join(folder, binary);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      continue;
    const startedMs = Date.now();
    log(`building ${binary} into ${folder}`);
    // Renamed when it is whole: a build that was ended half-way leaves nothing that looks built.
    const scratch = await mkdtemp(join(folder, ".build-"));
    try {
      await run(
        "go",
        ["build", "-trimpath", "-ldflags", `-s -w ${flags.join(" ")}`, "-o", join(scratch, binary), pkg],
        {
          cwd: join(modules, module),
          env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly -buildvcs=false" },
        },
      );
      await rename(join(scratch, binary), path);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
    log(`built ${binary} in ${Math.round((Date.now() - startedMs) / 1000)} s`);
  }
  return folder;
}

/** The version of a module that one of our go.mod files requires. */
async function required(module: string, path: string): Promise<string> {
  const text = await readFile(join(modules, module, "go.mod"), "utf8");
  const line = text.split("\n").find((one) => one.includes(`${path} v`) && !one.includes("=>"));
  const version = line
    ?.split(" ")
    .at(line.trimStart().startsWith("require") ? 2 : 1)
    ?.trim();
  if (version === undefined) throw new RangeError(`Cannot find the version of ${path}: ${module}/go.mod requires none`);
  return version;
}

function run(
  command: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<void> {
  return new Promise((resolve, reject) => {
    let tail = "";
    const child = spawn(command, args, { ...options, stdio: ["ignore", "ignore", "pipe"] });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (tail = (tail + text).slice(-2000)));
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`Cannot build ${String(args.at(-1))}: go ended with ${code}\n${tail}`)),
    );
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    console.log(await buildKube(console.log));
  } catch (error) {
    console.error(
      `Cannot build the API servers of test:real: ${error instanceof Error ? error.message : String(error)}`,
    );
    process.exitCode = 1;
  }
}
