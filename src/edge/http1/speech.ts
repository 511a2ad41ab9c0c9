import type { ClientConnection } from "./client-connection.ts";
import type { Speech } from "./client-side.ts";
import { ownAnswer } from "./own-answer.ts";
import { CONTINUE, interimAnswer, Relay } from "./relay.ts";
import { startTunnel } from "./tunnel.ts";

/** HTTP/1.1: everything is bytes on the connection. */
export const HTTP1: Speech<ClientConnection> = {
  proceed: (connection) => void connection.write(CONTINUE),
  interim: (connection, head) => void connection.write(interimAnswer(head)),
  answer: (connection, answer, facts) => void connection.write(ownAnswer(answer, facts)),
  relay: (connection, answer, facts) => new Relay(connection, answer, facts),
  tunnel: startTunnel,
};
