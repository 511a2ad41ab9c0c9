/** Where the debug token comes from: a file, so that it is in no process list, or the environment. */
import { readFile } from "node:fs/promises";
import { Failure } from "../src/cli/failure.ts";

const VARIABLE = "PORTOLAN_DEBUG_TOKEN";
/** Shorter ones can be guessed over the network. */
const MIN_LENGTH = 16;

/** The token, or null when nobody set one. No message ever holds it. */
export async function debugToken(file: string | null): Promise<string | null> {
  const text = file === null ? process.env[VARIABLE] : await readFile(file, "utf8").catch(() => unreadable(file));
  const token = text?.trim() ?? "";
  if (file === null && token === "") return null;
  if (token.length >= MIN_LENGTH && /^[!-~]+$/.test(token)) return token;
  throw new Failure(
    `Cannot use the debug token of ${file ?? VARIABLE}: it must be at least ${MIN_LENGTH} visible ASCII characters`,
    "openssl rand -hex 16 > debug-token",
  );
}

function unreadable(file: string): never {
  throw new Failure(`Cannot read the debug token in ${file}`, `ls -l ${file}`);
}
