/** An edge as the one file that its platform is given. */
import { join } from "node:path";
import { build } from "esbuild";

export interface Bundle {
  readonly code: string;
  readonly sourceMap: string;
  /** Source files in it, relative to the project. */
  readonly inputs: readonly string[];
}

const ROOT = join(import.meta.dirname, "..");

/** Bundles an entry of `workers/`. The same sources give the same bytes; anything of Node makes it fail. */
export async function bundleEdge(entry: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [`workers/${entry}.ts`],
    outfile: `dist/${entry}.js`,
    bundle: true,
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
  const text = (suffix: string) => outputFiles.find((file) => file.path.endsWith(suffix))?.text ?? "";
  return { code: text(".js"), sourceMap: text(".js.map"), inputs: Object.keys(metafile.inputs) };
}
