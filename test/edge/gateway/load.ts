import { ask } from "../../conformance/edge-client.ts";
import { HOST } from "./world.ts";

/** Asks again and again until it is told to stop, one request at a time per method; keeps what did not go well. */
export function load(
  url: string,
  methods: readonly string[],
): { stop(): Promise<{ readonly count: number; readonly failures: readonly string[] }> } {
  const end = new AbortController();
  let count = 0;
  const failures: string[] = [];
  const one = async (method: string): Promise<void> => {
    while (!end.signal.aborted) {
      const body = method === "POST" || method === "PUT" ? { body: "x" } : {};
      const answer = await ask(url, "/", { method, host: HOST, ...body }).catch((error: unknown) => ({
        status: 0,
        text: String(error),
      }));
      count += 1;
      if (answer.status !== 200) failures.push(`${method} ${answer.status} ${answer.text}`);
    }
  };
  const running = methods.map(one);
  return {
    async stop() {
      end.abort();
      await Promise.all(running);
      return { count, failures };
    },
  };
}
