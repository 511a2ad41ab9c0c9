/**
 * The control function on Cloudflare Workers: takes what `portolan agent` sends, and compiles it by a cron trigger. It
 * reads no cluster itself, because a Worker cannot trust a private certificate authority. Wiring only.
 */
import { agentApi } from "../src/api/agent-api.ts";
import { causeOf } from "../src/core/cause.ts";
import { receiveMail } from "../src/kube/agent/mailbox.ts";
import { textStore } from "../src/store/text.ts";
import { type ControlCronEnv, cronSettings } from "./control-cron-env.ts";
import { controlRun } from "./control-cron-run.ts";

export default {
  /** `POST /observations/CLUSTER`, of agents. */
  async fetch(request: Request, env: ControlCronEnv): Promise<Response> {
    try {
      const { store, verifyAgents: verify } = await cronSettings(env);
      const mail = { ...textStore(store), delete: store.delete };
      const receive = (cluster: string, body: unknown) => receiveMail(cluster, body, { mail, verify, now: Date.now });
      return await agentApi({ receive }).fetch(request);
    } catch (error) {
      log({ error: causeOf(error) });
      return Response.json({ reason: "InternalError", message: "Cannot take it: see the log" }, { status: 500 });
    }
  },

  /** Rejects where the run fails; Cloudflare then counts an error. */
  async scheduled(_event: unknown, env: ControlCronEnv): Promise<void> {
    try {
      log({ control: await controlRun(await cronSettings(env), Date.now) });
    } catch (error) {
      log({ error: causeOf(error) });
      throw error;
    }
  },
};

function log(what: object): void {
  console.log(JSON.stringify({ time: new Date().toISOString(), ...what }));
}
