/** For runtimes with a command line. */
import { decisionHash } from "./hash.ts";
import input from "decision-input";

console.log(await decisionHash(input));
