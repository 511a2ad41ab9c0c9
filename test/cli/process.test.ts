import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";

const PORTOLAN = join(import.meta.dirname, "../../bin/portolan.mjs");
const EXAMPLE = join(import.meta.dirname, "../../examples/three-clusters");
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Started {
  readonly out: () => string;
  readonly err: () => string;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly saysOut: (text: string) => Promise<void>;
  readonly ended: Promise<number | null>;
}

/** The command line as a process of its own: only this shows whether it ends. */
function portolan(...args: readonly string[]): Started {
  const child = spawn(process.execPath, [PORTOLAN, ...args], { env: { ...process.env, PORTOLAN_DEBUG_TOKEN: "" } });
  closing.push(() => child.kill("SIGKILL"));
  let [out, err] = ["", ""];
  let heard = (): void => undefined;
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
    heard();
  });
  child.stderr.on("data", (chunk: Buffer) => void (err += chunk.toString()));
  return {
    out: () => out,
    err: () => err,
    kill: (signal) => void child.kill(signal),
    saysOut: (text) =>
      new Promise((resolve) => {
        heard = () => {
          if (out.includes(text)) resolve();
        };
        heard();
      }),
    ended: new Promise((resolve) => child.once("close", resolve)),
  };
}

async function takenPort(): Promise<number> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  closing.push(() => server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("the portolan process", () => {
  it.each([
    ["a taken port", async () => ["--listen", `127.0.0.1:${await takenPort()}`]],
    ["a taken admin port", async () => ["--listen", "127.0.0.1:0", "--admin", `127.0.0.1:${await takenPort()}`]],
    ["a missing database", async () => ["--listen", "127.0.0.1:0", "--geoip", "/nowhere.mmdb"]],
    ["a wrong CIDR", async () => ["--listen", "127.0.0.1:0", "--trusted-proxy", "10.0.0.0/99"]],
  ])("ends with 1 when an edge cannot start for %s", async (_name, args) => {
    const edge = portolan("edge", "--from", EXAMPLE, ...(await args()));
    expect(await edge.ended).toBe(1);
    expect(edge.err()).toMatch(/^Cannot [^\n]+\nNext: [^\n]+\n$/);
  });

  it.each(["SIGTERM", "SIGINT"] as const)("ends an edge cleanly on %s", async (signal) => {
    const edge = portolan("edge", "--from", EXAMPLE, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0");
    await edge.saysOut("admin ");
    edge.kill(signal);
    expect([await edge.ended, edge.err()]).toEqual([0, ""]);
  });

  it("tells the holder of the debug token of a file what was decided, and nobody the token", async () => {
    const folder = mkdtempSync(join(tmpdir(), "portolan-token-"));
    closing.push(() => rmSync(folder, { recursive: true }));
    const token = "0123456789abcdef0123456789abcdef";
    writeFileSync(join(folder, "token"), `${token}\n`);
    const edge = portolan(
      "edge",
      "--from",
      EXAMPLE,
      "--listen",
      "127.0.0.1:0",
      "--debug-token-file",
      join(folder, "token"),
    );
    await edge.saysOut("edge ");
    const url = /http:\/\/\S+/.exec(edge.out())?.[0] ?? "";
    const timing = async (given: string) =>
      (await fetch(url, { headers: { "portolan-debug": given } })).headers.get("server-timing");
    expect([await timing(token), await timing("another"), await timing("")]).toEqual([
      expect.stringContaining("geo;"),
      null,
      null,
    ]);
    edge.kill("SIGTERM");
    await edge.ended;
    expect(edge.out() + edge.err()).not.toContain(token);
  });
});
