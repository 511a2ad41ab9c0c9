/** What went wrong, in the words of whoever threw: anything can be thrown, and not all of it is an Error. */
export function causeOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
