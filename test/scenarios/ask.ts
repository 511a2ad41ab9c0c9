import { request } from "node:http";

/** `200 BODY` of a GET with this Host; rejects when there is no answer. */
export async function ask(url: string, host: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    request(url, { headers: { host } }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += String(chunk)));
      response.on("end", () => resolve(`${response.statusCode} ${text.trim()}`));
    })
      .on("error", reject)
      .end();
  });
}
