/** An origin that answers as fast as Node can: bytes made before, for `/<size>`; bodies of requests are read and dropped. */
import { createServer } from "node:net";

const port = Number(process.argv[2]);
const answers = new Map<number, Buffer>();

function answer(size: number): Buffer {
  const known = answers.get(size);
  if (known !== undefined) return known;
  const head = `HTTP/1.1 200 OK\r\nServer: origin\r\nDate: Tue, 24 Nov 2026 00:00:00 GMT\r\nContent-Type: application/octet-stream\r\nContent-Length: ${size}\r\nETag: "x"\r\n\r\n`;
  const made = Buffer.concat([Buffer.from(head), Buffer.alloc(size, "x")]);
  answers.set(size, made);
  return made;
}

createServer({ noDelay: true }, (socket) => {
  let pending = "";
  let skip = 0;
  socket.on("error", () => undefined);
  socket.on("data", (bytes) => {
    let from = 0;
    if (skip > 0) {
      from = Math.min(skip, bytes.length);
      skip -= from;
      if (skip > 0) return;
      socket.write(answer(1024));
    }
    if (from === bytes.length) return;
    pending += bytes.toString("latin1", from);
    for (;;) {
      const end = pending.indexOf("\r\n\r\n");
      if (end === -1) return;
      const head = pending.slice(0, end);
      const length = Number(/\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      const size = Number(/^\S+ \/(\d+)/.exec(head)?.[1] ?? 0);
      const rest = pending.length - end - 4;
      if (rest < length) {
        skip = length - rest;
        pending = "";
        return;
      }
      pending = pending.slice(end + 4 + length);
      socket.write(answer(size));
    }
  });
}).listen(port, "127.0.0.1", 4096);
