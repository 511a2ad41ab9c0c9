/** A real name server on loopback: answers A and AAAA from a table, or in the ways in which name servers fail. */
import { createSocket } from "node:dgram";
import { isIP } from "node:net";

export interface NameRecord {
  readonly addresses: readonly string[];
  readonly ttl: number;
}

export interface NameServer {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  /** By name, in lower case; a name that is not here does not exist. */
  readonly records: Map<string, NameRecord>;
  /** Names asked for, with their type. */
  readonly asked: string[];
  mode: "answer" | "silent" | "servfail";
  close(): void;
}

const A = 1;
const AAAA = 28;
const NXDOMAIN = 3;
const SERVFAIL = 2;

export async function nameServer(): Promise<NameServer> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", () => resolve()));
  const server: NameServer = {
    address: `127.0.0.1:${socket.address().port}`,
    records: new Map(),
    asked: [],
    mode: "answer",
    close: () => socket.close(),
  };
  socket.on("message", (message, { port, address }) => {
    const question = readQuestion(message);
    server.asked.push(`${question.type === A ? "A" : "AAAA"} ${question.name}`);
    if (server.mode !== "silent") socket.send(answerTo(message, question, server), port, address);
  });
  return server;
}

interface Question {
  readonly name: string;
  readonly type: number;
  /** Where the question ends. */
  readonly end: number;
}

function readQuestion(message: Buffer): Question {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function answerTo(message: Buffer, { name, type, end }: Question, { records, mode }: NameServer): Buffer {
  const record = records.get(name);
  const family = type === A ? 4 : type === AAAA ? 6 : 0;
  const addresses = mode === "servfail" ? [] : (record?.addresses.filter((one) => isIP(one) === family) ?? []);
  const head = Buffer.from(message.subarray(0, 12));
  const code = mode === "servfail" ? SERVFAIL : record === undefined ? NXDOMAIN : 0;
  // Response, recursion desired and available.
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  const answers = addresses.map((address) => {
    const data = bytesOf(address);
    const fixed = Buffer.alloc(12);
    // A pointer to the name of the question.
    fixed.writeUInt16BE(0xc00c, 0);
    fixed.writeUInt16BE(type, 2);
    fixed.writeUInt16BE(1, 4);
    fixed.writeUInt32BE(record?.ttl ?? 0, 6);
    fixed.writeUInt16BE(data.length, 10);
    return Buffer.concat([fixed, data]);
  });
  return Buffer.concat([head, message.subarray(12, end), ...answers]);
}

function bytesOf(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  const [before = "", after = ""] = address.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  const [head, tail] = [groups(before), groups(after)];
  const all = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 255]));
}
