import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import type { DnsFaults } from "../../conformance/dns-provider.ts";

export interface TroubledLine {
  readonly port: number;
  readonly faults: DnsFaults;
  close(): Promise<void>;
}

/** DNS over TCP to a server on this machine; loses answers to updates, or turns connections away. */
export async function troubledLine(serverPort: number): Promise<TroubledLine> {
  let lost = 0;
  let throttled = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on("error", () => client.destroy());
    client.on("close", () => sockets.delete(client));
    if (throttled > 0) {
      throttled -= 1;
      client.destroy();
      return;
    }
    const far = connect({ host: "127.0.0.1", port: serverPort });
    let isUpdate = false;
    far.on("error", () => client.destroy());
    far.on("close", () => client.destroy());
    client.on("close", () => far.destroy());
    client.on("data", (chunk) => {
      // Two bytes of length, two of id, then the opcode in bits 3…6.
      isUpdate ||= ((chunk[4] ?? 0) >> 3) % 16 === 5;
      far.write(chunk);
    });
    far.on("data", (chunk) => {
      if (isUpdate && lost > 0) {
        lost -= 1;
        client.destroy();
        return;
      }
      client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    faults: {
      loseAnswers(count) {
        lost = count;
      },
      throttle(count) {
        throttled = count;
      },
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
