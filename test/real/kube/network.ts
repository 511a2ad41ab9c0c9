/** Network namespaces for one test run: what lies in one is reached over links that the test can cut. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A way into a namespace, cut and healed apart from the others. */
export interface Link {
  /** Addresses inside the namespace. */
  readonly addresses: readonly string[];
  /** Address of this side, which the namespace sees. */
  readonly near: string;
  /** While on, what the namespace answers on this link is lost: nobody is refused, everybody waits. */
  blackhole(on: boolean): Promise<void>;
}

export interface Namespace {
  readonly name: string;
  /** The command, to be run inside. `ip` replaces itself, so that the process id is the command's own. */
  inside(command: string, args: readonly string[]): readonly [command: string, args: string[]];
  link(addressCount: number): Promise<Link>;
  remove(): Promise<void>;
}

/** Null when namespaces can be made here, otherwise why not. */
export async function whyNoNamespaces(): Promise<string | null> {
  const name = `ptl-probe-${process.pid}`;
  try {
    await run("ip", ["netns", "add", name]);
    await run("ip", ["netns", "delete", name]);
    return null;
  } catch (error) {
    return `network namespaces cannot be made: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`;
  }
}

let made = 0;

/** Makes a namespace; names and addresses are free ones. */
export async function namespace(label: string): Promise<Namespace> {
  const name = `ptl-${label}-${process.pid}-${made++}`;
  await run("ip", ["netns", "add", name]);
  await run("ip", ["-n", name, "link", "set", "lo", "up"]);
  let links = 0;
  return {
    name,
    inside: (command, args) => ["ip", ["netns", "exec", name, command, ...args]],
    async link(addressCount) {
      const subnet = await freeSubnet();
      const [near, far] = [`ptl${process.pid}h${made}${links}`.slice(-15), `eth${links}`];
      links += 1;
      made += 1;
      const addresses = Array.from({ length: addressCount }, (_, index) => `${subnet}.${index + 2}`);
      await run("ip", ["link", "add", near, "type", "veth", "peer", "name", far, "netns", name]);
      await run("ip", ["addr", "add", `${subnet}.1/24`, "dev", near]);
      await run("ip", ["link", "set", near, "up"]);
      for (const address of addresses) await run("ip", ["-n", name, "addr", "add", `${address}/24`, "dev", far]);
      await run("ip", ["-n", name, "link", "set", far, "up"]);
      return {
        addresses,
        near: `${subnet}.1`,
        async blackhole(on) {
          await run("ip", ["-n", name, "route", on ? "add" : "del", "blackhole", `${subnet}.1/32`]);
        },
      };
    },
    async remove() {
      await run("ip", ["netns", "delete", name]);
    },
  };
}

/** A /24 of 10.128.0.0/9 that no interface of this machine has. */
async function freeSubnet(): Promise<string> {
  const { stdout } = await run("ip", ["-o", "-4", "addr"]);
  for (let attempt = 0; attempt < 100; attempt++) {
    const subnet = `10.${128 + Math.floor(Math.random() * 128)}.${Math.floor(Math.random() * 256)}`;
    if (!stdout.includes(` ${subnet}.`)) return subnet;
  }
  throw new Error("Cannot find a free subnet of 10.128.0.0/9");
}
