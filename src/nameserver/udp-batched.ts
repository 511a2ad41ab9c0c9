/**
 * Queries over UDP, many with one call of the kernel in and one out: what Node's own socket spends on each datagram is
 * several times what answering it costs (docs/adr/0022). One answer for each datagram or none.
 */
import type { CLibrary } from "./c-library.ts";
import { ADDRESS_BYTES, datagramAddresses, datagrams } from "./datagrams.ts";
import type { Responder } from "./respond.ts";
import { addressTexts, AF_INET, AF_INET6, portAt, socketAddress } from "./socket-address.ts";
import type { ListenAt, Listening } from "./udp.ts";

/** Datagrams with one call. */
const BATCH = 64;
/** Calls until something else gets its turn: connections, snapshots, timers. */
const BATCHES = 8;
/** A query with everything that can be in it is shorter; what is cut here cannot be read and is refused. */
const QUERY_BYTES = 4096;
/** Nothing longer is ever answered over UDP. */
const ANSWER_BYTES = 1232;
const BUFFER_BYTES = 4 * 1024 * 1024;

const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2_000_000;
const SOL_SOCKET = 1;
const SO = { sendBuffer: 7, receiveBuffer: 8, reusePort: 15 };

/** Listens; throws when the port cannot be had. */
export function listenBatched(listen: ListenAt, responder: Responder, { library, now }: BatchDeps): Listening {
  const fd = openSocket(listen, library);
  const addresses = datagramAddresses(BATCH);
  const { addressOf } = library;
  const queries = datagrams({ count: BATCH, room: QUERY_BYTES, addresses, addressOf });
  const answers = datagrams({ count: BATCH, room: ANSWER_BYTES, addresses, addressOf });
  const textAt = addressTexts();

  /** What could not be sent (no route, a full queue) is lost, as UDP allows. */
  const send = (start: number, end: number): void => {
    for (let at = start; at < end; ) {
      const sent = library.send(fd, answers.from(at), end - at);
      at += sent > 0 ? sent : 1;
    }
  };
  const answer = (index: number, nowMs: number): boolean => {
    const at = index * ADDRESS_BYTES;
    // Nobody asks from port 0; answers to it cannot be sent.
    if (portAt(addresses, at) === 0) return false;
    const start = index * QUERY_BYTES;
    const query = queries.bytes.subarray(start, start + queries.lengthOf(index));
    const made = responder.respond(query, textAt(addresses, at), { isUdp: true, nowMs });
    if (made === null || made.length > ANSWER_BYTES) return false;
    answers.bytes.set(made, index * ANSWER_BYTES);
    answers.set(index, made.length, queries.addressLengthOf(index));
    return true;
  };
  const receive = (): void => {
    for (let batch = 0; batch < BATCHES; batch += 1) {
      queries.reset();
      const count = library.receive(fd, queries.vector, BATCH);
      if (count <= 0) return;
      const nowMs = now();
      let start = 0;
      for (let index = 0; index < count; index += 1) {
        if (answer(index, nowMs)) continue;
        send(start, index);
        start = index + 1;
      }
      send(start, count);
      if (count < BATCH) return;
    }
  };
  const reading = library.whenReadable(fd, receive);
  return {
    port: ownPort(fd, library),
    close() {
      reading.close();
      library.close(fd);
      return Promise.resolve();
    },
  };
}

export interface BatchDeps {
  readonly library: CLibrary;
  readonly now: () => number;
}

function openSocket({ host, port, reusePort }: ListenAt, library: CLibrary): number {
  const address = socketAddress(host, port);
  if (address === null) throw new TypeError(`Cannot listen on "${host}": it is no IP address`);
  const domain = address[0] === AF_INET ? AF_INET : AF_INET6;
  const fd = library.socket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) throw refused("socket", library);
  const set = (name: number, value: number): number => library.setSocketOption(fd, { level: SOL_SOCKET, name, value });
  // A system that grants smaller buffers only loses more in a flood.
  set(SO.receiveBuffer, BUFFER_BYTES);
  set(SO.sendBuffer, BUFFER_BYTES);
  if ((reusePort && set(SO.reusePort, 1) < 0) || library.bind(fd, address) < 0) {
    const error = refused("bind", library, `${host}:${port}`);
    library.close(fd);
    throw error;
  }
  return fd;
}

function ownPort(fd: number, library: CLibrary): number {
  const address = new Uint8Array(ADDRESS_BYTES);
  library.getSocketName(fd, address, new Uint8Array(Uint32Array.of(ADDRESS_BYTES).buffer));
  return portAt(address, 0);
}

/** An error like Node's own, with its code. */
function refused(call: string, library: CLibrary, where = ""): Error {
  const code = library.errorName();
  return Object.assign(new Error(`${call} ${code} ${where}`.trim()), { code });
}
