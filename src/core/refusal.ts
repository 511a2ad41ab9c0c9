/** What a person asked for and does not get, with what to do instead: the admin API answers it with 409. */
export class Refusal extends Error {
  readonly code = "refused";
  readonly next: string;

  constructor(message: string, next: string) {
    super(message);
    this.name = "Refusal";
    this.next = next;
  }
}
