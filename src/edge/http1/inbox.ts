/** Bytes that were received and not yet understood: normally none, and never more than the owner lets in. */
export class Inbox {
  #bytes: Buffer | null = null;
  #at = 0;

  get empty(): boolean {
    return this.#bytes === null;
  }

  get size(): number {
    return this.#bytes === null ? 0 : this.#bytes.length - this.#at;
  }

  push(bytes: Buffer): void {
    this.#bytes = this.#bytes === null ? bytes : Buffer.concat([this.#bytes.subarray(this.#at), bytes]);
    if (this.#bytes !== bytes) this.#at = 0;
  }

  /** At most that many characters from the front, as latin1. */
  text(most: number): string {
    const bytes = this.#bytes;
    return bytes === null ? "" : bytes.toString("latin1", this.#at, Math.min(bytes.length, this.#at + most));
  }

  /** Lets `read` have the bytes from a place on; it returns where it stopped. */
  read(read: (bytes: Buffer, at: number) => number): void {
    if (this.#bytes !== null) this.drop(read(this.#bytes, this.#at) - this.#at);
  }

  drop(count: number): void {
    this.#at += count;
    if (this.#bytes === null || this.#at < this.#bytes.length) return;
    this.#bytes = null;
    this.#at = 0;
  }

  /** Everything, which is then gone from here. */
  takeAll(): Buffer {
    const rest = this.#bytes?.subarray(this.#at) ?? Buffer.alloc(0);
    this.#bytes = null;
    this.#at = 0;
    return rest;
  }
}
