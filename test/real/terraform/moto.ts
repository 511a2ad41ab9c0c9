/** moto's server: AWS' wire protocols with something behind them, and distributions of our own before it. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cloudFrontBefore } from "./cloudfront.ts";
import { freePort } from "../../build/free-port.ts";

const SERVER = join(import.meta.dirname, "../../../.venv/bin/moto_server");
const START_MS = 60_000;

export interface Moto {
  readonly url: string;
  /** What the AWS provider needs to talk to it, and to nothing else. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export function hasMoto(): boolean {
  return existsSync(SERVER);
}

export async function startMoto(): Promise<Moto> {
  const port = await freePort();
  const child = spawn(SERVER, ["-H", "127.0.0.1", "-p", String(port)], {
    stdio: "ignore",
    // Certificates are validated at once, not after a minute.
    env: { ...process.env, MOTO_ACM_VALIDATION_WAIT: "1" },
  });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const behind = `http://127.0.0.1:${port}`;
  await answering(behind);
  const { url, close } = await cloudFrontBefore(behind);
  return {
    url,
    environment: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI",
      AWS_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
    },
    async close() {
      await close();
      child.kill("SIGKILL");
      await gone;
    },
  };
}

async function answering(url: string): Promise<void> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    const answered = await fetch(`${url}/moto-api/data.json`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answered) return;
    if (performance.now() > deadline) throw new Error("Cannot reach moto: it does not start");
  }
}
