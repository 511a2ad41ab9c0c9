/** The client database of a command: opened, or a failure that says what to try. */
import { causeOf } from "../src/core/cause.ts";
import { Failure } from "../src/cli/failure.ts";
import type { Locator } from "../src/locate/locator.ts";
import { type MaxmindOptions, maxmindLocator } from "../src/locate/maxmind.ts";

/** Opens a MaxMind-format file; without options it is read once and not watched. */
export async function openDatabase(path: string, options: MaxmindOptions = { pollIntervalMs: 0 }): Promise<Locator> {
  try {
    return await maxmindLocator(path, options);
  } catch (error) {
    const message = causeOf(error);
    throw new Failure(message, "--geoip with the path of a readable .mmdb file, or no --geoip: then nobody is located");
  }
}
