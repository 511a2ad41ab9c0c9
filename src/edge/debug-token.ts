/** Compares in a time that depends on the received text's length alone, so that a token cannot be guessed by timing. */
export function isDebugToken(received: string | null, token: string | null): boolean {
  if (received === null || token === null || token === "") return false;
  let difference = received.length ^ token.length;
  for (let index = 0; index < received.length; index += 1) {
    difference |= received.charCodeAt(index) ^ token.charCodeAt(index % token.length);
  }
  return difference === 0;
}
