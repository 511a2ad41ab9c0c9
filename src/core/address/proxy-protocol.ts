/** PROXY protocol, versions 1 and 2 (HAProxy's `doc/proxy-protocol.txt`), as a pure function of the first bytes. */
import { type IpAddress, ipv4, parseLiteral, unwrap } from "./ip.ts";

/** One end of the connection that a load balancer accepted. */
export interface ProxyEndpoint {
  readonly address: IpAddress;
  readonly port: number;
}

/**
 * What the first bytes of a connection are. `consumed` counts the bytes of the header, the rest is the client's.
 * `none`: no PROXY header at all. `local`: the load balancer speaks for itself, or hides whom it speaks for; the
 * socket's own addresses hold. `invalid`: the connection must be closed, since a header that cannot be read must not be
 * passed on as the client's bytes.
 */
export type ProxyHeader =
  | { readonly kind: "need-more" }
  | { readonly kind: "none" | "invalid"; readonly reason: string }
  | { readonly kind: "local"; readonly consumed: number }
  | {
      readonly kind: "proxy";
      readonly source: ProxyEndpoint;
      readonly destination: ProxyEndpoint;
      readonly consumed: number;
    };

const V1_START: readonly number[] = [0x50, 0x52, 0x4f, 0x58, 0x59, 0x20]; // "PROXY "
const V2_START: readonly number[] = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const V1_MAX_BYTES = 107;
const V2_FIXED_BYTES = 16;

/** Header at the start of `bytes`. Call it again with more bytes after `need-more`; never for longer than 65 551. */
export function parseProxyHeader(bytes: Uint8Array): ProxyHeader {
  const v1 = startOf(bytes, V1_START);
  if (v1 === "all") return parseV1(bytes);
  const v2 = startOf(bytes, V2_START);
  if (v2 === "all") return parseV2(bytes);
  if (v1 === "part" || v2 === "part") return { kind: "need-more" };
  return { kind: "none", reason: "the first bytes are not a PROXY header" };
}

function startOf(bytes: Uint8Array, start: readonly number[]): "all" | "part" | "no" {
  const length = Math.min(bytes.length, start.length);
  for (let index = 0; index < length; index += 1) {
    if (bytes[index] !== start[index]) return "no";
  }
  return length === start.length ? "all" : "part";
}

function parseV1(bytes: Uint8Array): ProxyHeader {
  const end = bytes.subarray(0, V1_MAX_BYTES).indexOf(0x0a);
  if (end < 0) return bytes.length < V1_MAX_BYTES ? { kind: "need-more" } : invalid("version 1 line is too long");
  if (bytes[end - 1] !== 0x0d) return invalid("version 1 line does not end in CR LF");
  const line = Array.from(bytes.subarray(0, end - 1), (byte) => String.fromCharCode(byte)).join("");
  const [, protocol, ...fields] = line.split(" ");
  // What follows UNKNOWN is to be ignored.
  if (protocol === "UNKNOWN") return { kind: "local", consumed: end + 1 };
  const [source = "", destination = "", sourcePort = "", destinationPort = ""] = fields;
  if (fields.length !== 4) return invalid("version 1 line does not have six fields");
  const from = v1Endpoint(protocol, source, sourcePort);
  const to = v1Endpoint(protocol, destination, destinationPort);
  if (from === null || to === null) return invalid("version 1 line has a malformed address or port");
  return { kind: "proxy", source: from, destination: to, consumed: end + 1 };
}

function v1Endpoint(protocol: string | undefined, text: string, port: string): ProxyEndpoint | null {
  const isV6 = text.includes(":");
  if (protocol !== (isV6 ? "TCP6" : "TCP4") || !/^(0|[1-9][0-9]{0,4})$/.test(port) || Number(port) > 65535) return null;
  const address = parseLiteral(text);
  return address === null ? null : { address, port: Number(port) };
}

function parseV2(bytes: Uint8Array): ProxyHeader {
  if (bytes.length < V2_FIXED_BYTES) return { kind: "need-more" };
  const command = bytes[12];
  if (command !== 0x20 && command !== 0x21) return invalid("version 2 header has an unknown version or command");
  const length = uint16(bytes, 14);
  const consumed = V2_FIXED_BYTES + length;
  if (bytes.length < consumed) return { kind: "need-more" };
  if (command === 0x20) return { kind: "local", consumed };
  const family = bytes[13] ?? 0;
  // 1: IPv4, 2: IPv6; 0 is unspecified and 3 a UNIX socket, neither of which names an IP address.
  const size = family >>> 4 === 1 ? 4 : family >>> 4 === 2 ? 16 : 0;
  if (family >>> 4 > 3 || (family & 15) > 2) return invalid("version 2 header has an unknown address family");
  if (size === 0 || (family & 15) === 0) return { kind: "local", consumed };
  // Type-length-value fields may follow the addresses; none of them is needed.
  if (length < 2 * size + 4) return invalid("version 2 header is shorter than its addresses");
  const ports = V2_FIXED_BYTES + 2 * size;
  const source = { address: addressAt(bytes, V2_FIXED_BYTES, size), port: uint16(bytes, ports) };
  const destination = { address: addressAt(bytes, V2_FIXED_BYTES + size, size), port: uint16(bytes, ports + 2) };
  return { kind: "proxy", source, destination, consumed };
}

function addressAt(bytes: Uint8Array, offset: number, size: number): IpAddress {
  const words: number[] = [];
  for (let at = offset; at < offset + size; at += 4) words.push(uint16(bytes, at) * 65536 + uint16(bytes, at + 2));
  return size === 4 ? ipv4(words[0] ?? 0, null) : unwrap(words);
}

function uint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] ?? 0) * 256 + (bytes[offset + 1] ?? 0);
}

function invalid(reason: string): ProxyHeader {
  return { kind: "invalid", reason };
}
