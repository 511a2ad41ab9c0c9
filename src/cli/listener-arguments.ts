/** Arguments of whatever listens for requests: `portolan edge` and `portolan gateway`. */
import { parseCidr } from "../core/address/cidr.ts";
import { byteSize } from "../core/byte-size.ts";
import { count, duration } from "./arguments.ts";
import type { ListenerOptions, TlsFiles } from "./deps.ts";
import { Failure } from "./failure.ts";

/** For `parseArgs`. 0 is no limit. */
export const LISTENER_ARGUMENTS = {
  "tls-cert": { type: "string", multiple: true },
  "tls-key": { type: "string", multiple: true },
  "tls-dir": { type: "string" },
  "proxy-protocol": { type: "string", multiple: true },
  "max-head-size": { type: "string", default: "32k" },
  "max-headers": { type: "string", default: "100" },
  "max-url-length": { type: "string", default: "16k" },
  "max-connections": { type: "string", default: "0" },
  "max-requests-per-connection": { type: "string", default: "0" },
  "head-timeout": { type: "string", default: "10s" },
  "body-timeout": { type: "string", default: "10s" },
  "idle-timeout": { type: "string", default: "60s" },
  "write-timeout": { type: "string", default: "60s" },
  "connect-timeout": { type: "string", default: "1s" },
  "origin-idle-timeout": { type: "string", default: "5m" },
  "drain-timeout": { type: "string", default: "5s" },
} as const;

export const LISTENER_USAGE = `  [--tls-cert FILE --tls-key FILE]…   end TLS with these, by SNI; read again when they change
  [--tls-dir DIR]                NAME.crt and NAME.key, or folders with tls.crt and tls.key
  [--proxy-protocol CIDR]…       load balancers that send a PROXY header, and must
  [--max-head-size 32k] [--max-headers 100] [--max-url-length 16k]
  [--max-connections N] [--max-requests-per-connection N]   no limit unless said
  [--head-timeout 10s] [--body-timeout 10s] [--idle-timeout 60s] [--write-timeout 60s]
  [--connect-timeout 1s] [--origin-idle-timeout 5m] [--drain-timeout 5s]`;

type Lists = "tls-cert" | "tls-key" | "proxy-protocol";
type Values = { readonly [N in Lists]?: string[] | undefined } & { readonly "tls-dir"?: string | undefined } & {
  readonly [N in Exclude<keyof typeof LISTENER_ARGUMENTS, Lists | "tls-dir">]: string;
};
type Name = Exclude<keyof Values, Lists | "tls-dir">;

const MAX_COUNT = 1_000_000_000;

/** Reads them. `secrets` adds the certificates of `spec.tls` from files, `edgeKeys` those that control has sealed. */
export function listenerOptions(values: Values, secrets: boolean, edgeKeys: readonly string[] = []): ListenerOptions {
  const ms = (name: Name): number => duration(`--${name}`, values[name]);
  const number = (name: Name): number => count(`--${name}`, values[name], MAX_COUNT);
  const limits = {
    headBytes: bytes("max-head-size", values),
    headFields: number("max-headers"),
    targetBytes: bytes("max-url-length", values),
    connections: number("max-connections"),
    requestsPerConnection: number("max-requests-per-connection"),
    headMs: ms("head-timeout"),
    bodyMs: ms("body-timeout"),
    idleMs: ms("idle-timeout"),
    stalledMs: ms("write-timeout"),
    originIdleMs: ms("origin-idle-timeout"),
  };
  return {
    tls: tlsFiles(values, secrets, edgeKeys),
    proxyProtocolFrom: cidrs(values["proxy-protocol"] ?? []),
    limits,
    connectMs: ms("connect-timeout"),
    drainMs: ms("drain-timeout"),
  };
}

function tlsFiles(values: Values, secrets: boolean, edgeKeys: readonly string[]): TlsFiles | null {
  const [certs, keys] = [values["tls-cert"] ?? [], values["tls-key"] ?? []];
  if (certs.length !== keys.length) {
    throw new Failure(
      `Cannot pair certificates and keys: there are ${certs.length} --tls-cert and ${keys.length} --tls-key`,
      "--tls-cert a.crt --tls-key a.key --tls-cert b.crt --tls-key b.key",
    );
  }
  const directory = values["tls-dir"] ?? null;
  if (certs.length === 0 && directory === null && !secrets && edgeKeys.length === 0) return null;
  return { pairs: certs.map((cert, index) => ({ cert, key: keys[index] ?? "" })), directory, secrets, edgeKeys };
}

function cidrs(texts: readonly string[]): readonly string[] {
  const wrong = texts.find((text) => parseCidr(text) === null);
  if (wrong === undefined) return texts;
  throw new Failure(`Cannot read --proxy-protocol "${wrong}": it is not a CIDR`, "--proxy-protocol 192.0.2.0/24");
}

function bytes(name: Name, values: Values): number {
  const size = byteSize(values[name]);
  if (size !== null && size >= 1024 && size <= 1_048_576) return size;
  throw new Failure(`Cannot read --${name} "${values[name]}": it is not a size from 1k to 1m`, `--${name} 32k`);
}
