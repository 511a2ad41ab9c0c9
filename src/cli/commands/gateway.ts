import { parseArgs } from "node:util";
import { duration, hostPort, required } from "../arguments.ts";
import type { Command } from "../command.ts";
import type { GatewayOptions } from "../deps.ts";
import { Failure } from "../failure.ts";
import { LISTENER_ARGUMENTS, LISTENER_USAGE, listenerOptions } from "../listener-arguments.ts";

const EXAMPLE = "portolan gateway --from DIR --listen 0.0.0.0:8080 --hop-keys FILE";

/** `portolan gateway`: the way into a cluster for edges that sign, and for nobody else. */
export const gatewayCommand: Command = {
  summary: "run the way into a cluster: edges that sign get to its pods",
  usage: `portolan gateway --listen HOST:PORT (--from DIR | --kube-api URL) --hop-keys FILE
  [--zone ZONE]                  pods of this zone come first
  [--admin HOST:PORT]            /metrics, /healthz, /readyz, /status
  [--drain-delay 5s]             between "not ready" and the end of accepting, after SIGTERM
  [--allow-private-origins]      loopback addresses may be pods: for tests
${LISTENER_USAGE.replace("drain-timeout 5s", "drain-timeout 30s")}

DIR/*.yaml holds the cluster's Services and EndpointSlices; it is watched. --kube-api lists and watches them at the
cluster's API instead, with the pod's own service account (http://127.0.0.1:8001 behind kubectl proxy).
FILE has one key a line, "ID BASE64", at most two; all of them are accepted. It is read again when it changes.`,
  async run(args, deps) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...LISTENER_ARGUMENTS,
        "drain-timeout": { type: "string", default: "30s" },
        from: { type: "string" },
        "kube-api": { type: "string" },
        listen: { type: "string" },
        "hop-keys": { type: "string" },
        zone: { type: "string" },
        admin: { type: "string" },
        "drain-delay": { type: "string" },
        "allow-private-origins": { type: "boolean" },
      },
    });
    const gateway = await deps.startGateway(
      {
        listener: listenerOptions(values, false),
        listen: hostPort("--listen", required("--listen", values.listen, EXAMPLE)),
        from: source(values.from, values["kube-api"]),
        hopKeys: required("--hop-keys", values["hop-keys"], EXAMPLE),
        zone: values.zone ?? null,
        admin: values.admin === undefined ? null : hostPort("--admin", values.admin),
        allowPrivateOrigins: values["allow-private-origins"] ?? false,
        drainDelayMs: duration("--drain-delay", values["drain-delay"] ?? "5s"),
      },
      deps,
    );
    deps.out(`${gateway.banner.join("\n")}\n`);
    await deps.untilStopped();
    await gateway.close();
    return 0;
  },
};

function source(from: string | undefined, kubeApi: string | undefined): GatewayOptions["from"] {
  if (from !== undefined && kubeApi !== undefined) {
    throw new Failure("Cannot read from --from and --kube-api at once: both are given", EXAMPLE);
  }
  if (kubeApi === undefined) return { directory: required("--from", from, EXAMPLE) };
  if (!URL.canParse(kubeApi)) {
    throw new Failure(
      `Cannot read --kube-api "${kubeApi}": it is not a URL`,
      "--kube-api https://kubernetes.default.svc",
    );
  }
  return { kubeApi };
}
