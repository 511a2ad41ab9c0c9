#!/usr/bin/env node
// Starts the command line under a Node that can run it: this one if it is new enough, otherwise the bundled one.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { whenNpmIsGone } from "./npm-parent.mjs";

const NEEDED = [22, 19];

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const entry = new URL("../workers/cli.ts", import.meta.url);

if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) {
  whenNpmIsGone(() => process.kill(process.pid, "SIGTERM"));
  await import(entry.href);
} else {
  const bundled = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));
  if (!existsSync(bundled)) {
    console.error(
      `Cannot start: this is Node ${process.versions.node}, Portolan needs ${NEEDED.join(".")} or newer and finds no bundled one\n` +
        "Next: run npm ci in the project's folder, or install a newer Node",
    );
    process.exit(1);
  }
  // Over the channel the child learns that this process is gone, also when it was killed.
  const stdio = ["inherit", "inherit", "inherit", "ipc"];
  const child = spawn(bundled, [fileURLToPath(entry), ...process.argv.slice(2)], { stdio });
  whenNpmIsGone(() => child.kill("SIGTERM"));
  // The terminal sends Ctrl-C to both; the child decides when all is stopped.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(signal === null ? code : 1));
}
