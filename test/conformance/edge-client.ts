import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

export interface Ask {
  readonly method?: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
}

/** One request over a connection of its own; the target goes out as it is. */
export async function ask(url: string, target: string, options: Ask = {}): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const { method = "GET", host = "shop.example.org", headers = {}, body } = options;
  const agent = new Agent({ keepAlive: false });
  return await new Promise((resolve, reject) => {
    const outgoing = request(
      { hostname, port, path: target, method, agent, headers: { host, ...headers } },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => {
          const whole = Buffer.concat(chunks);
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: whole, text: whole.toString() });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Sends bytes as they are and gives back the status of the first answer; 0 when the connection ends without one. */
export async function rawStatus(url: string, bytes: string): Promise<number> {
  const { hostname, port } = new URL(url);
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes, "latin1"));
    let text = "";
    const end = () => {
      socket.destroy();
      resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0));
    };
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (text.includes("\r\n")) end();
    });
    socket.on("close", end);
    socket.on("error", reject);
  });
}
