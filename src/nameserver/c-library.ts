/**
 * The C library's calls for many datagrams at once, which Node has none for: `recvmmsg` and `sendmmsg` of Linux, by way
 * of the optional package koffi. Structures are laid out as on 64-bit little-endian machines (`datagrams.ts`).
 */
import { endianness } from "node:os";
import process from "node:process";
import { getSystemErrorName } from "node:util";

type Argument = number | Uint8Array | null;

export interface CLibrary {
  /** Each returns what C does; -1 leaves its reason in `errorName()`. */
  socket(domain: number, type: number): number;
  setSocketOption(fd: number, option: SocketOption): number;
  bind(fd: number, address: Uint8Array): number;
  /** Length of the address is in `size`, and comes back there. */
  getSocketName(fd: number, address: Uint8Array, size: Uint8Array): number;
  /** Takes what is there, up to `count`, without waiting. */
  receive(fd: number, vector: Uint8Array, count: number): number;
  send(fd: number, vector: Uint8Array, count: number): number;
  close(fd: number): number;
  /** Like `EADDRINUSE`. */
  errorName(): string;
  /** Where these bytes lie. They have to be kept for as long as C may look there. */
  addressOf(bytes: Uint8Array): bigint;
  /** Calls back each time that there is something to read. */
  whenReadable(fd: number, ready: () => void): { close(): void };
}

export interface SocketOption {
  readonly level: number;
  readonly name: number;
  readonly value: number;
}

const MACHINES = ["x64", "arm64"];
const MSG_DONTWAIT = 0x40;

/** Null where there is none: on other systems, and without the package. */
export async function openCLibrary(): Promise<CLibrary | null> {
  if (process.platform !== "linux" || !MACHINES.includes(process.arch) || endianness() !== "LE") return null;
  const koffi = await import("koffi").catch(() => null);
  if (koffi === null) return null;
  const library = koffi.load(null);
  const call = (name: string, types: readonly string[]): ((...args: readonly Argument[]) => number) => {
    const found: (...args: readonly Argument[]) => unknown = library.func(name, "int", [...types]);
    return (...args) => Number(found(...args));
  };
  const socket = call("socket", ["int", "int", "int"]);
  const setsockopt = call("setsockopt", ["int", "int", "int", "void *", "uint"]);
  const bind = call("bind", ["int", "void *", "uint"]);
  const getsockname = call("getsockname", ["int", "void *", "void *"]);
  const recvmmsg = call("recvmmsg", ["int", "void *", "uint", "int", "void *"]);
  const sendmmsg = call("sendmmsg", ["int", "void *", "uint", "int"]);
  return {
    socket: (domain, type) => socket(domain, type, 0),
    setSocketOption: (fd, { level, name, value }) =>
      setsockopt(fd, level, name, new Uint8Array(Int32Array.of(value).buffer), 4),
    bind: (fd, address) => bind(fd, address, address.length),
    getSocketName: (fd, address, size) => getsockname(fd, address, size),
    receive: (fd, vector, count) => recvmmsg(fd, vector, count, MSG_DONTWAIT, null),
    send: (fd, vector, count) => sendmmsg(fd, vector, count, MSG_DONTWAIT),
    close: call("close", ["int"]),
    errorName: () => getSystemErrorName(-koffi.errno()),
    addressOf: (bytes) => koffi.address(bytes),
    whenReadable: (fd, ready) => koffi.node.poll(fd, { readable: true }, ready),
  };
}
