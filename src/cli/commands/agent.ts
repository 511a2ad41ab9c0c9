import { parseArgs } from "node:util";
import { duration, required } from "../arguments.ts";
import type { Command } from "../command.ts";

/** `portolan agent`: for a cluster whose API control cannot reach. */
export const agentCommand: Command = {
  summary: "read the cluster it runs in, and send that outward to control",
  usage: `portolan agent --cluster NAME --to https://CONTROL:7443 --key signing.jwk [--ca FILE]
               [--context CONTEXT [--kubeconfig FILE]] [--heartbeat 5s]

For clusters whose API is private: it reads what control would read, and sends it signed, over HTTPS, outward. The Cluster
says access: {agent: true}. The id of the key is the cluster's name: portolan keys DIR --id NAME.

--ca         PEM of the authority of control's certificate; the system's without it
--context    which API to read; without it the one of the pod's own service account
--heartbeat  the longest time without a message`,
  async run(args, deps) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        cluster: { type: "string" },
        to: { type: "string" },
        key: { type: "string" },
        ca: { type: "string" },
        context: { type: "string" },
        kubeconfig: { type: "string" },
        heartbeat: { type: "string", default: "5s" },
      },
    });
    const example = "portolan agent --cluster us-east1 --to https://control.example.org:7443 --key signing.jwk";
    const stopped = deps.untilStopped();
    const agent = await deps.kube.startAgent(
      {
        cluster: required("--cluster", values.cluster, example),
        to: required("--to", values.to, example),
        key: required("--key", values.key, example),
        ca: values.ca ?? null,
        context: values.context ?? null,
        kubeconfig: values.kubeconfig ?? null,
        heartbeatMs: duration("--heartbeat", values.heartbeat),
      },
      deps,
    );
    deps.out(`${agent.banner.join("\n")}\n`);
    await stopped;
    await agent.close();
    return 0;
  },
};
