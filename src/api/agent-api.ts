/** Where agents send what their clusters say; every message is signed, whoever carries it. */
import { Hono } from "hono";

export interface AgentApiOptions {
  /** Takes a body; the word is what the agent is answered. */
  readonly receive: (cluster: string, body: unknown) => Promise<string>;
}

/** 10,000 EndpointSlices of 10 endpoints are some 30 MB. */
const MAX_BYTES = 64 * 1024 * 1024;

const STATUS = { Taken: 200, Replay: 409, Resend: 409, Invalid: 400, Unauthorized: 401, Unknown: 404 } as const;

const MESSAGES: Readonly<Record<keyof typeof STATUS, string>> = {
  Taken: "taken",
  Replay: "Cannot take the message: it, or a later one, was taken before",
  Resend: "Cannot go on from the message before: send everything",
  Invalid: "Cannot read the message",
  Unauthorized: "Cannot believe the message: it is not signed with a key of the cluster's name",
  Unknown: "Cannot take the message: no Cluster of that name has access: {agent: true}",
};

/** `POST /observations/CLUSTER`. */
export function agentApi({ receive }: AgentApiOptions): Hono {
  const app = new Hono();
  app.get("/healthz", (context) => context.text("ok\n"));
  app.post("/observations/:cluster", async (context) => {
    const length = Number(context.req.header("content-length") ?? Number.NaN);
    if (!(length <= MAX_BYTES))
      return context.json({ reason: "TooLarge", message: `Cannot take more than ${MAX_BYTES} bytes` }, 413);
    const body: unknown = await context.req.json().catch(() => null);
    const word = await receive(context.req.param("cluster"), body);
    const known = isWord(word) ? word : "Invalid";
    return context.json({ reason: known, message: MESSAGES[known] }, STATUS[known]);
  });
  app.notFound((context) => context.json({ reason: "NotFound", message: "Cannot find that here" }, 404));
  app.onError((error, context) =>
    context.json({ reason: "InternalError", message: `Cannot take it: ${error.message}` }, 500),
  );
  return app;
}

function isWord(word: string): word is keyof typeof STATUS {
  return Object.hasOwn(STATUS, word);
}
