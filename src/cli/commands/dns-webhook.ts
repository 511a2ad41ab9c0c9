import { parseArgs } from "node:util";
import { classifyAddress } from "../../core/address/classify.ts";
import { parseLiteral } from "../../core/address/ip.ts";
import { hostPort, required } from "../arguments.ts";
import type { Command } from "../command.ts";
import { Failure } from "../failure.ts";

const EXAMPLE = "portolan dns webhook --config dns.yaml --listen 127.0.0.1:8888";

/** `portolan dns webhook`: the far side of external-dns' webhook protocol. */
export const dnsWebhookCommand: Command = {
  summary: "let an existing external-dns write to our zones",
  usage: `portolan dns webhook --config FILE --listen HOST:PORT [--zone NAME]
  [--zone NAME]                  this zone of the settings alone

Run it beside external-dns, in one pod or on one machine, and start that with --provider=webhook
--webhook-provider-url=http://HOST:PORT. The protocol has no credentials, so HOST is an address of loopback.`,
  async run(args, deps) {
    const { values } = parseArgs({
      args: [...args],
      options: { config: { type: "string" }, listen: { type: "string" }, zone: { type: "string" } },
    });
    const stopped = deps.untilStopped();
    const listen = hostPort("--listen", required("--listen", values.listen, EXAMPLE));
    const address = parseLiteral(listen.host);
    if (listen.host !== "localhost" && classifyAddress(address) !== "loopback") {
      throw new Failure(`Cannot listen on ${listen.host}: whoever reaches it may write to the zones`, EXAMPLE);
    }
    const server = await deps.startDnsWebhook(
      { config: required("--config", values.config, EXAMPLE), listen, zone: values.zone ?? null },
      deps,
    );
    deps.out(`${server.banner.join("\n")}\n`);
    await stopped;
    await server.close();
    return 0;
  },
};
