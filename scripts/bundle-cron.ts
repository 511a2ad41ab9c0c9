/** The control function for Cloudflare Workers: one module, which needs the compatibility flag `nodejs_compat`. */
import { join } from "node:path";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname, "..");

/** The same sources give the same bytes. */
export async function controlCron(): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ["workers/control-cron.ts"],
    bundle: true,
    minify: true,
    charset: "utf8",
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["worker", "browser", "import"],
    external: ["node:*"],
    target: "es2024",
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}
