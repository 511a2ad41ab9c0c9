/** For runtimes that only serve. */
import { decisionHash } from "./hash.ts";
import input from "decision-input";

export default { fetch: async (): Promise<Response> => new Response(await decisionHash(input)) };
