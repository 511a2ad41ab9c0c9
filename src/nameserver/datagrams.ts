/**
 * Room for datagrams in batches, laid out as Linux wants it on 64-bit little-endian machines: for each datagram an
 * address, its bytes, an `iovec` that points to the bytes, and a `mmsghdr` that points to both.
 *
 * | mmsghdr     | at | size |     | iovec    | at | size |
 * |-------------|----|------|-----|----------|----|------|
 * | msg_name    |  0 |    8 |     | iov_base |  0 |    8 |
 * | msg_namelen |  8 |    4 |     | iov_len  |  8 |    8 |
 * | msg_iov     | 16 |    8 |
 * | msg_iovlen  | 24 |    8 |
 * | msg_len     | 56 |    4 |
 */
export const ADDRESS_BYTES = 28;

const HEADER = { size: 64, nameLength: 8, iov: 16, iovCount: 24, length: 56 };
const IOV = { size: 16, length: 8 };

/** Places for `count` datagrams; `addresses` are shared by what is received and what answers it. */
export interface Datagrams {
  readonly count: number;
  /** Bytes that each has room for. */
  readonly room: number;
  /** What `recvmmsg` and `sendmmsg` take. */
  readonly vector: Uint8Array;
  /** Bytes of all of them, `room` apart. */
  readonly bytes: Uint8Array;
  readonly addresses: Uint8Array;
  lengthOf(index: number): number;
  addressLengthOf(index: number): number;
  /** How much is to be sent, and to an address of which length. */
  set(index: number, length: number, addressLength: number): void;
  /** The vector from a place on. */
  from(index: number): Uint8Array;
  /** Makes all places ready to receive. */
  reset(): void;
}

export interface DatagramsOptions {
  readonly count: number;
  readonly room: number;
  readonly addresses: Uint8Array;
  readonly addressOf: (bytes: Uint8Array) => bigint;
}

/** Addresses of that many datagrams. */
export function datagramAddresses(count: number): Uint8Array {
  return new Uint8Array(count * ADDRESS_BYTES);
}

/** Empty places. */
export function datagrams({ count, room, addresses, addressOf }: DatagramsOptions): Datagrams {
  const bytes = new Uint8Array(count * room);
  const vector = new Uint8Array(count * HEADER.size);
  const iovs = new Uint8Array(count * IOV.size);
  const headers = new Uint32Array(vector.buffer);
  const lengths = new Uint32Array(iovs.buffer);
  const pointers = new BigUint64Array(vector.buffer);
  const bases = new BigUint64Array(iovs.buffer);
  for (let index = 0; index < count; index += 1) {
    const header = (index * HEADER.size) / 8;
    pointers[header] = addressOf(addresses) + BigInt(index * ADDRESS_BYTES);
    pointers[header + HEADER.iov / 8] = addressOf(iovs) + BigInt(index * IOV.size);
    pointers[header + HEADER.iovCount / 8] = 1n;
    bases[(index * IOV.size) / 8] = addressOf(bytes) + BigInt(index * room);
  }
  const header = (index: number, field: number): number => (index * HEADER.size + field) / 4;
  const set = (index: number, length: number, addressLength: number): void => {
    headers[header(index, HEADER.nameLength)] = addressLength;
    lengths[(index * IOV.size + IOV.length) / 4] = length;
  };
  return {
    count,
    room,
    vector,
    bytes,
    addresses,
    set,
    lengthOf: (index) => headers[header(index, HEADER.length)] ?? 0,
    addressLengthOf: (index) => headers[header(index, HEADER.nameLength)] ?? 0,
    from: (index) => (index === 0 ? vector : vector.subarray(index * HEADER.size)),
    reset() {
      for (let index = 0; index < count; index += 1) set(index, room, ADDRESS_BYTES);
    },
  };
}
