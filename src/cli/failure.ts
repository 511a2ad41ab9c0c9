/** A failure that a person can act on: what cannot be done, why, and the next command to try. Exit code 1. */
export class Failure extends Error {
  readonly next: string;

  constructor(message: string, next: string, options?: ErrorOptions) {
    super(message, options);
    this.next = next;
  }
}
