/** A port of this machine where connecting neither succeeds nor fails, as behind a firewall that drops. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface Blackhole {
  readonly port: number;
  close(): void;
}

const LISTEN = `require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, function () {
  process.stdout.write(String(this.address().port));
})`;

/** A listener that is stopped, with its queue of connections full: the system drops whatever else comes. */
export async function blackhole(): Promise<Blackhole> {
  const child = spawn(process.execPath, ["-e", LISTEN], { stdio: ["ignore", "pipe", "inherit"] });
  const [bytes] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(bytes.toString());
  child.kill("SIGSTOP");
  const queued: Socket[] = [];
  for (let connected = true; connected; ) {
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("error", () => undefined);
    queued.push(socket);
    connected = await Promise.race([
      new Promise<boolean>((resolve) => socket.once("connect", () => resolve(true))),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 200)),
    ]);
    if (queued.length > 16) throw new Error(`Cannot make a blackhole: ${queued.length} connections were taken`);
  }
  return {
    port,
    close() {
      child.kill("SIGKILL");
      for (const socket of queued) socket.destroy();
    },
  };
}
