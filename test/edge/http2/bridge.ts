/** HTTP/1.1 in front of an edge that is asked over HTTP/2, so that clients that know nothing of it test it too. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type ClientHttp2Stream, connect, constants, type IncomingHttpHeaders } from "node:http2";

export interface Bridge {
  readonly url: string;
  close(): Promise<void>;
}

/** Nothing is changed on the way but what HTTP/2 has no place for. */
export async function bridgeTo(url: string, ca: string): Promise<Bridge> {
  const server = createServer((incoming, outgoing) => void carry(incoming, outgoing));
  const carry = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    // One connection each: a client that leaves must not be hidden by the others' connection.
    const session = connect(url, { ca, servername: "edge.example", maxReservedRemoteStreams: 0 });
    session.on("error", () => outgoing.destroy());
    const stream = session.request(headersOf(incoming), { endStream: !hasBody(incoming) });
    outgoing.on("close", () => {
      if (!outgoing.writableFinished) stream.close(constants.NGHTTP2_CANCEL);
      session.close();
    });
    incoming.socket.on("error", () => stream.close(constants.NGHTTP2_CANCEL));
    stream.on("error", () => outgoing.destroy());
    stream.on("response", (headers) => answer(headers, stream, outgoing));
    if (hasBody(incoming)) incoming.pipe(stream);
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(headers: IncomingHttpHeaders, stream: ClientHttp2Stream, outgoing: ServerResponse): void {
  const { ":status": status, ...fields } = headers;
  outgoing.writeHead(Number(status), fields as Record<string, string | string[]>);
  outgoing.flushHeaders();
  stream.on("close", () => {
    if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) outgoing.destroy();
  });
  stream.pipe(outgoing);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}

function headersOf({ method, url, headers }: IncomingMessage): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  const ends = ["host", "connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection", "te"];
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !ends.includes(name)) kept[name] = value;
  }
  return {
    ":method": method ?? "",
    ":path": url ?? "",
    ":scheme": "https",
    ":authority": headers.host ?? "",
    ...kept,
  };
}
