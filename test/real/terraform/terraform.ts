/** Runs the real `terraform` in a folder of its own, with nothing of the machine's configuration. */
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TERRAFORM } from "./tools.ts";

export interface Run {
  readonly code: number;
  /** Standard output and error, in the order in which they came. */
  readonly output: string;
  readonly stdout: string;
}

export interface Workspace {
  /** A copy of `terraform/`, so that a module keeps its relative sources. */
  readonly folder: string;
  /** Runs `terraform` in a folder below it. */
  run(where: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Run>;
  close(): void;
}

export const SOURCES: string = join(import.meta.dirname, "../../../terraform");

/** A copy of the project's Terraform files, whose providers come from a mirror. */
export function workspace(mirror: string): Workspace {
  const root = mkdtempSync(join(tmpdir(), "portolan-terraform-"));
  const folder = join(root, "terraform");
  cpSync(SOURCES, folder, { recursive: true, filter: (path) => !path.includes("/.terraform") });
  const config = join(root, "terraformrc");
  writeFileSync(config, `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`);
  return {
    folder,
    run: (where, args, env = {}) =>
      runTerraform(join(folder, where), args, {
        PATH: process.env["PATH"] ?? "",
        HOME: root,
        TF_CLI_CONFIG_FILE: config,
        TF_DISABLE_PLUGIN_TLS: "1",
        TF_IN_AUTOMATION: "1",
        CHECKPOINT_DISABLE: "1",
        NO_COLOR: "1",
        ...env,
      }),
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}

function runTerraform(cwd: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(TERRAFORM, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let stdout = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += String(chunk);
      stdout += String(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => (output += String(chunk)));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, output, stdout }));
  });
}
