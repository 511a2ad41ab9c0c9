/** Parts that are started one after the other and closed as a whole, the last one first. */
import type { Running } from "../src/cli/deps.ts";

/** Keeps a part until everything is closed. */
export type Keep = <T extends { close(): unknown }>(part: T) => T;

/** Starts all of it; when a part cannot start, those before it are closed: they would keep the process alive. */
export async function startAll(start: (keep: Keep) => Promise<Omit<Running, "close">>): Promise<Running> {
  const parts: { close(): unknown }[] = [];
  const close = async (): Promise<void> => {
    for (const part of parts.splice(0).reverse()) await part.close();
  };
  try {
    const started = await start((part) => {
      parts.push(part);
      return part;
    });
    return { ...started, close };
  } catch (error) {
    await close();
    throw error;
  }
}
