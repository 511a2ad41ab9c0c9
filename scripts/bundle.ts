/** An edge as the modules that its platform is given: what a cold isolate parses, and what it loads when it needs it. */
import { basename, join } from "node:path";
import { build, type Metafile } from "esbuild";
import { licencesOf } from "./licences.ts";

export interface BundleModule {
  /** File name; modules import each other by it, from one folder. */
  readonly name: string;
  readonly code: string;
  readonly sourceMap: string;
  /** Whether the entry imports it, directly or not: then every isolate parses it before its first request. */
  readonly atStart: boolean;
  /** Source files in it, relative to the project. */
  readonly inputs: readonly string[];
}

export interface Bundle {
  /** The entry first, the others by name. */
  readonly modules: readonly BundleModule[];
  /** Packages in it, with their licences; an edge has none. */
  readonly licences: readonly string[];
}

const ROOT = join(import.meta.dirname, "..");

/** Bundles an entry of `workers/`. The same sources give the same bytes; anything of Node makes it fail. */
export async function bundleEdge(entry: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [`workers/${entry}.ts`],
    outdir: `dist/${entry}`,
    chunkNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    minify: true,
    charset: "utf8",
    format: "esm",
    platform: "neutral",
    target: "es2024",
    sourcemap: "linked",
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  const texts = new Map(outputFiles.map((file) => [basename(file.path), file.text]));
  const first = `${entry}.js`;
  const atStart = importedBy(`dist/${entry}/${first}`, metafile);
  const names = [...texts.keys()].filter((name) => name.endsWith(".js") && name !== first).sort();
  return {
    licences: licencesOf(metafile),
    modules: [first, ...names].map((name) => ({
      name,
      code: texts.get(name) ?? "",
      sourceMap: texts.get(`${name}.map`) ?? "",
      atStart: atStart.has(`dist/${entry}/${name}`),
      inputs: Object.keys(metafile.outputs[`dist/${entry}/${name}`]?.inputs ?? {}),
    })),
  };
}

/** An output and everything that it imports by a statement, directly or not. */
function importedBy(output: string, { outputs }: Metafile): ReadonlySet<string> {
  const found = new Set([output]);
  // A set hands out what is added while it is read.
  for (const path of found) {
    for (const one of outputs[path]?.imports ?? []) if (one.kind === "import-statement") found.add(one.path);
  }
  return found;
}
