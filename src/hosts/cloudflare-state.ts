/** What Cloudflare says of a custom hostname, in the words of the contract. */
import { list as listOf, orDefault, type Read, record, text, truth } from "../core/snapshot/guard.ts";
import type { HostState, NeededRecord } from "../core/hosts/attached.ts";

export interface CustomHostname {
  readonly id: string;
  /** With `*.` where the certificate is for the wildcard. */
  readonly hostname: string;
  readonly status: string;
  readonly ssl: {
    readonly status: string;
    readonly needs: readonly NeededRecord[];
    readonly problems: readonly string[];
  };
  /** How Cloudflare wants to see that the host is ours; null when it is content. */
  readonly proof: NeededRecord | null;
  readonly problems: readonly string[];
}

/** The certificate's way ended without one; these need a new order. */
const SSL_ENDED: ReadonlySet<string> = new Set([
  "deleted",
  "expired",
  "initializing_timed_out",
  "validation_timed_out",
  "issuance_timed_out",
  "deployment_timed_out",
  "deletion_timed_out",
]);
const HOST_ENDED: ReadonlySet<string> = new Set(["blocked", "deleted", "moved", "test_blocked", "test_failed"]);

const readProof = orDefault(record({ type: orDefault(text(), ""), name: text(), value: text() }), {
  type: "",
  name: "",
  value: "",
});
const readValidation = record({ txt_name: orDefault(text(), ""), txt_value: orDefault(text(), "") });
const readProblems = orDefault(listOf(record({ message: text() }), 100), []);

const readShape = record({
  id: text(),
  hostname: text(),
  status: text(),
  ssl: record({
    status: text(),
    wildcard: orDefault(truth, false),
    validation_records: orDefault(listOf(readValidation, 100), []),
    validation_errors: readProblems,
  }),
  ownership_verification: readProof,
  verification_errors: orDefault(listOf(text(), 100), []),
});

/** One of the API's list; members that are not named here may come and go. */
export const readHostname: Read<CustomHostname> = (value, at) => {
  const {
    id,
    hostname,
    status,
    ssl,
    ownership_verification: proof,
    verification_errors: problems,
  } = readShape(value, at);
  const needs = ssl.validation_records.filter(({ txt_name: name }) => name !== "");
  return {
    id,
    hostname: ssl.wildcard ? `*.${hostname}` : hostname,
    status,
    ssl: {
      status: ssl.status,
      needs: needs.map(({ txt_name, txt_value }): NeededRecord => ({ name: txt_name, type: "TXT", value: txt_value })),
      problems: ssl.validation_errors.map(({ message }) => message),
    },
    proof: proof.name === "" ? null : { name: proof.name, type: "TXT", value: proof.value },
    problems,
  };
};

/** Serving needs both: the hostname is active, and so is its certificate. */
export function stateOf({ status, ssl, proof, problems }: CustomHostname): HostState {
  if (status === "active" && ssl.status === "active") return { status: "serving" };
  const said = [...problems, ...ssl.problems].map((one) => `: ${one}`).join("");
  const message = `the host is ${status}, its certificate ${ssl.status}${said}`;
  if (HOST_ENDED.has(status) || SSL_ENDED.has(ssl.status)) return { status: "stuck", message };
  const needs = [
    ...(status === "active" || proof === null ? [] : [proof]),
    ...(ssl.status === "active" ? [] : ssl.needs),
  ];
  return { status: "waiting", message, needs };
}
