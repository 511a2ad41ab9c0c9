/** An origin that can go bad under load, in the ways in which origins do, and a load that notices. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** `black hole`: the machine is gone, connections are neither accepted nor refused, and kept ones are silent. */
export type Trouble = "killed" | "reset" | "black hole" | "hang" | "1 B/s" | "endless headers" | "503";

export interface BadOrigin {
  readonly port: number;
  /** How often each POST has arrived here whole, by its path. */
  readonly posts: ReadonlyMap<string, number>;
  /** Requests that have arrived. */
  arrived(): number;
  turn(trouble: Trouble): Promise<void>;
  close(): Promise<void>;
}

/** Answers 200, after `latencyMs`, until it is told to be bad. */
export async function badOrigin(latencyMs = 0): Promise<BadOrigin> {
  const posts = new Map<string, number>();
  const sockets = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  let trouble: Trouble | null = null;
  let arrived = 0;
  const server = createServer((socket) => {
    let pending = "";
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (bytes) => {
      pending += bytes.toString("latin1");
      for (;;) {
        const end = pending.indexOf("\r\n\r\n");
        if (end === -1) return;
        const head = pending.slice(0, end);
        const length = Number(/\r\ncontent-length: (\d+)/.exec(head)?.[1] ?? 0);
        if (pending.length < end + 4 + length) return;
        pending = pending.slice(end + 4 + length);
        arrived += 1;
        const path = /^POST (\S+)/.exec(head)?.[1];
        if (path !== undefined) posts.set(path, (posts.get(path) ?? 0) + 1);
        if (latencyMs === 0) answer(socket, trouble, timers);
        else setTimeout(() => answer(socket, trouble, timers), latencyMs);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const end = (): void => {
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    posts,
    arrived: () => arrived,
    turn(next) {
      trouble = next;
      if (next === "killed") end();
      return Promise.resolve();
    },
    close() {
      for (const timer of timers) clearInterval(timer);
      end();
      return Promise.resolve();
    },
  };
}

function answer(socket: Socket, trouble: Trouble | null, timers: Set<NodeJS.Timeout>): void {
  const every = (ms: number, act: () => void): void => {
    const timer = setInterval(act, ms);
    timers.add(timer);
    socket.once("close", () => clearInterval(timer));
  };
  switch (trouble) {
    case null:
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      break;
    case "503":
      socket.write("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
      break;
    case "reset":
      socket.resetAndDestroy();
      break;
    case "1 B/s": {
      const text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
      let at = 0;
      every(1000, () => socket.write(text[at++] ?? ""));
      break;
    }
    case "endless headers":
      socket.write("HTTP/1.1 200 OK\r\n");
      every(10, () => socket.write("X-Again: and again\r\n".repeat(20)));
      break;
    case "hang":
    case "killed":
    case "black hole":
      break;
    default:
      trouble satisfies never;
  }
}

const CHILD = `
const { createServer } = require("node:net");
createServer((socket) => {
  socket.on("error", () => undefined);
  socket.on("data", () => socket.write("HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok"));
}).listen(0, "127.0.0.1", 1, function () { console.log(this.address().port); });
`;

/** One that can only vanish: a process that is stopped, and whose queue of connections is full. */
export async function vanishingOrigin(): Promise<BadOrigin> {
  const child: ChildProcess = spawn(process.execPath, ["-e", CHILD], { stdio: ["ignore", "pipe", "inherit"] });
  const [first]: unknown[] = child.stdout === null ? [] : await once(child.stdout, "data");
  const port = Number(String(first));
  const fillers: Socket[] = [];
  return {
    port,
    posts: new Map(),
    arrived: () => 0,
    async turn() {
      child.kill("SIGSTOP");
      // Until a connection is neither accepted nor refused.
      for (let open = true; open && fillers.length < 64; ) {
        const socket = connect({ port, host: "127.0.0.1" });
        socket.on("error", () => undefined);
        fillers.push(socket);
        open = await Promise.race([
          once(socket, "connect").then(() => true),
          new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 200)),
        ]);
      }
    },
    async close() {
      for (const socket of fillers) socket.destroy();
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly atMs: number;
  readonly tookMs: number;
}

/** Asks at a steady pace, four GET and one POST by turns, until it is stopped. */
export function steadyLoad(url: string, perSecond: number): { stop(): Promise<readonly Asked[]> } {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const asked: Promise<Asked>[] = [];
  const startedMs = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - startedMs) * perSecond) / 1000;
    while (asked.length < due) asked.push(ask(url, agent, asked.length));
  }, 5);
  return {
    async stop() {
      clearInterval(timer);
      const all = await Promise.all(asked);
      agent.destroy();
      return all;
    },
  };
}

async function ask(url: string, agent: Agent, index: number): Promise<Asked> {
  const method = index % 5 === 4 ? "POST" : "GET";
  const path = `/${index}`;
  const atMs = performance.now();
  return await new Promise((resolve) => {
    const end = (status: number): void => resolve({ method, path, status, atMs, tookMs: performance.now() - atMs });
    const outgoing = request(`${url}${path}`, { method, agent, headers: { host: "a.example" } }, (response) => {
      response.resume();
      response.on("end", () => end(response.statusCode ?? 0));
      response.on("error", () => end(0));
    });
    outgoing.on("error", () => end(0));
    outgoing.end(method === "POST" ? "x" : undefined);
  });
}
