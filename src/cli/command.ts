import type { CliDeps } from "./deps.ts";

/** One word of the command line. */
export interface Command {
  /** For the list of commands, in lower case, without a full stop. */
  readonly summary: string;
  readonly usage: string;
  /** Exit code of a failure; 1 unless said otherwise. */
  readonly failureCode?: number;
  /** Resolves to the exit code; rejects with a `Failure` that names the next command to try. */
  run(args: readonly string[], deps: CliDeps): Promise<number>;
}
