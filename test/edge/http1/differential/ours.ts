/** The engine's own classes over sockets that lead nowhere: the whole way of a byte, from a segment to a message. */
import { ENGINE_LIMITS } from "../../../../src/edge/http1/client-limits.ts";
import { Socket } from "node:net";
import { ClientConnection, type ConnectionDeps } from "../../../../src/edge/http1/client-connection.ts";
import type { RequestHead } from "../../../../src/edge/http1/request-head.ts";
import type { ResponseHead } from "../../../../src/edge/http1/response-head.ts";
import { Sweep } from "../../../../src/edge/http1/sweep.ts";
import { type AnswerSink, UpstreamConnection } from "../../../../src/edge/http1/upstream-connection.ts";
import type { Message, Reading } from "./reading.ts";

const sweep = new Sweep();
const nothing = (): void => undefined;

interface Seen {
  readonly messages: Message[];
  end: Reading["end"];
  why: string;
}

/** Requests of one connection, each answered when it is whole. */
export function ourRequests(segments: readonly string[]): Reading {
  const seen: Seen = { messages: [], end: "more", why: "" };
  const finish = (connection: ClientConnection, head: RequestHead, body: string): void => {
    const { method, target, minor, fields, keepAlive, webSocketKey } = head;
    seen.messages.push({ start: `${method} ${target} HTTP/1.${minor}`, fields, body, keepAlive });
    if (webSocketKey !== null) {
      seen.end = "tunnel";
      return connection.close();
    }
    if (!keepAlive) seen.end = "closed";
    connection.finish(keepAlive);
  };
  const refuse = (connection: ClientConnection, code: string): void => {
    seen.end = "refused";
    seen.why = code;
    connection.close();
  };
  const socket = new Socket();
  const deps: ConnectionDeps = {
    sweep,
    limits: ENGINE_LIMITS,
    begin(head, on) {
      let body = "";
      if (head.body === "none") finish(on, head, "");
      return {
        onBody: (parts) => void (body += Buffer.concat(parts).toString("latin1")),
        onBodyEnd: () => finish(on, head, body),
        onBodyProblem: ({ code }) => refuse(on, code),
        onClientGone: nothing,
        onClientWritable: nothing,
        check: nothing,
      };
    },
    refuse: ({ code }, on) => refuse(on, code),
    gone: nothing,
  };
  const connection = new ClientConnection(socket, deps, { address: null, scheme: "http" });
  for (const segment of segments) if (segment !== "") connection.receive(Buffer.from(segment, "latin1"));
  sweep.delete(connection);
  socket.destroy();
  return seen;
}

/** Answers to `method`: interim ones and the final one; what is behind it is not read. */
export function ourAnswers(segments: readonly string[], method: string, ended: boolean): Reading {
  const seen: Seen = { messages: [], end: "more", why: "" };
  const final: { head: ResponseHead | null; body: string; whole: boolean } = { head: null, body: "", whole: false };
  const connectionIs = { kept: false, gone: false };
  const sink: AnswerSink = {
    onInterim: ({ status, fields }) =>
      void seen.messages.push({ start: String(status), fields, body: "", keepAlive: true }),
    onAnswer: (head) => void (final.head = head),
    onAnswerBody(parts, last) {
      final.body += Buffer.concat(parts).toString("latin1");
      final.whole = last;
    },
    onSwitch: () => void (seen.end = "tunnel"),
    onBroken({ detail }) {
      seen.end = "refused";
      seen.why = detail;
    },
    onOriginWritable: nothing,
  };
  const socket = new Socket();
  const connection = new UpstreamConnection(socket, {
    release: () => void (connectionIs.kept = true),
    gone: () => void (connectionIs.gone = true),
  });
  connection.begin(sink, method, false);
  connection.requestEnded();
  for (const segment of segments) if (segment !== "") connection.receive(Buffer.from(segment, "latin1"));
  if (ended && !final.whole && seen.end === "more") socket.emit("end");
  // Bytes behind an answer may come later than it: what counts is what has become of the connection.
  const keepAlive = connectionIs.kept && !connectionIs.gone;
  connection.destroy();
  if (final.whole && final.head !== null) {
    const { status, fields } = final.head;
    seen.messages.push({ start: String(status), fields, body: final.body, keepAlive });
    if (!keepAlive) seen.end = "closed";
  }
  return seen;
}
