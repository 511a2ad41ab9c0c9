/** What AWS Lambda does around a function, as far as it matters here: loads `handler` and calls it with one event each. */
import process from "node:process";
import { pathToFileURL } from "node:url";

const { handler } = (await import(pathToFileURL(process.argv[2] ?? "").href)) as {
  handler: (event: unknown) => Promise<unknown>;
};

process.on("message", ({ id, event }: { id: number; event: unknown }) => {
  handler(event).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  );
});
process.send?.("ready");
