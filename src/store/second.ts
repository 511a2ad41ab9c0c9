/** Two stores as one: the second is asked for what the first cannot give, or does not have. */
import { REST_KEY } from "../core/snapshot/part.ts";

type Get = (key: string) => Promise<string | null>;

/**
 * Reads the first and then the second. A part that the first does not have is nobody's while it has the others: hosts
 * without a part are looked for at each request.
 */
export function withSecond(first: Get, second: Get): Get {
  return async (key) => {
    const found = await first(key).catch(() => FAILED);
    if (found !== null && found !== FAILED) return found;
    if (found === null && key.startsWith("parts/") && (await first(REST_KEY).catch(() => null)) !== null) return null;
    return await second(key);
  };
}

/** No value of a store: they are texts of JSON. */
const FAILED = "";
