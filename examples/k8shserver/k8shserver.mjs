// Says where it runs: {"hostname":"k8shserver-x7k2p","zone":"us-east1-b"}. The zone comes from the environment, so that
// it is the same on any cloud.
import { createServer } from "node:http";
import { hostname } from "node:os";

const { PORT = "9090", ZONE = "unknown", HOST = "0.0.0.0", POD_NAME = hostname() } = process.env;
const body = `${JSON.stringify({ hostname: POD_NAME, zone: ZONE })}\n`;

const server = createServer((request, response) => {
  request.resume();
  const isHealth = request.url === "/healthz";
  response.writeHead(200, { "content-type": isHealth ? "text/plain" : "application/json" });
  response.end(isHealth ? "ok\n" : body);
});
server.listen(Number(PORT), HOST);
// Kubernetes sends SIGTERM and takes the address out of the Service at the same time: running requests may end.
process.once("SIGTERM", () => server.close(() => process.exit(0)));
