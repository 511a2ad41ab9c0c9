/**
 * A provider for Terraform that knows a schema and nothing else: it validates and plans, and refuses to apply.
 * Started by Terraform with the schema's file as argument; speaks the plugin protocol, version 6, over HTTP/2.
 */
import { readFileSync } from "node:fs";
import { createServer, type ServerHttp2Stream } from "node:http2";
import { decode, encode, isObject, type Value } from "./msgpack.ts";
import { namedValue, planned, unknownValue } from "./plan.ts";
import { bytes, fieldsOf, integer, message, text } from "./protobuf.ts";
import { type Block, type ProviderSchema, withoutNestedTypes } from "./schema.ts";
import { schemaResponse } from "./schema-message.ts";
import { nestedProblems } from "./strict.ts";

type Fields = ReadonlyMap<number, Buffer>;

/** `strict` looks into nested attributes; `named` plans computed values as words instead of unknown ones. */
const MODE = process.env["PORTOLAN_SCHEMA"] ?? "";
const STRICT = MODE === "strict";
/** What a data source answers in mode `named` where a module checks the answer. */
const ANSWERS: Readonly<Record<string, Readonly<Record<string, Value>>>> = { aws_region: { name: "us-east-1" } };
const OK = 0;
const UNIMPLEMENTED = 12;
const real = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as ProviderSchema;
const declared = STRICT ? withoutNestedTypes(real) : real;

const methods: Readonly<Record<string, (request: Fields) => Uint8Array>> = {
  GetProviderSchema: () => schemaResponse(declared),
  ValidateProviderConfig: () => message(),
  ValidateResourceConfig: (request) => validated(request, real.resource_schemas),
  ValidateDataResourceConfig: (request) => validated(request, real.data_source_schemas),
  ConfigureProvider: () => message(),
  // State is never written, so there is none to upgrade or to read but what a plan has just made.
  ReadResource: (request) => bytes(1, request.get(2) ?? Buffer.of()),
  PlanResourceChange: (request) => bytes(1, plan(request, declared.resource_schemas, 3)),
  ReadDataSource: (request) => bytes(1, plan(request, declared.data_source_schemas, 2)),
  ApplyResourceChange: () => bytes(3, diagnostic("Cannot apply: this provider only knows the schema")),
  StopProvider: () => message(),
};

const server = createServer();
server.on("stream", (stream, headers) => {
  const name = String(headers[":path"]).split("/").at(-1) ?? "";
  if (name === "Shutdown") process.exit(0);
  const method = methods[name];
  if (method === undefined) return answer(stream, null, UNIMPLEMENTED);
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => answer(stream, method(fieldsOf(Buffer.concat(chunks).subarray(5))), OK));
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address !== null) console.log(`1|6|tcp|127.0.0.1:${address.port}|grpc`);
});

function answer(stream: ServerHttp2Stream, body: Uint8Array | null, status: number): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": String(status) }));
  if (body === null) return void stream.end();
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(body.length, 1);
  stream.end(Buffer.concat([frame, body]));
}

function validated(request: Fields, schemas: ProviderSchema["resource_schemas"]): Uint8Array {
  if (!STRICT) return message();
  const type = String(request.get(1));
  const problems = nestedProblems(valueOf(request.get(2)), blockOf(type, schemas));
  return message(...problems.map((problem) => bytes(1, diagnostic(`${type}: ${problem}`))));
}

/** The planned state; a plan that removes something has none. */
function plan(request: Fields, schemas: ProviderSchema["resource_schemas"], field: number): Uint8Array {
  const type = String(request.get(1));
  const value = planned(
    valueOf(request.get(field)),
    blockOf(type, schemas),
    MODE === "" ? unknownValue : namedValue,
    type,
  );
  return bytes(1, encode(isObject(value) ? { ...value, ...ANSWERS[type] } : value));
}

function blockOf(type: string, schemas: ProviderSchema["resource_schemas"]): Block {
  return schemas[type]?.block ?? {};
}

function valueOf(dynamic: Buffer | undefined): Value {
  const packed = fieldsOf(dynamic ?? Buffer.of()).get(1);
  return packed === undefined ? null : decode(packed);
}

function diagnostic(summary: string): Uint8Array {
  return message(integer(1, 1), text(2, summary));
}
