import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A key pair with its certificate, PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority of one test, made with openssl. */
export interface Authority extends Pair {
  /** `names` as openssl writes them: `DNS:api.example`, `IP:127.0.0.1`. `subject` is for instance `/O=group/CN=me`. */
  issue(subject: string, names: readonly string[]): Pair;
}

const KIND = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Makes one. */
export function authority(name = "test"): Authority {
  return inFolder((folder) => {
    const [cert, key] = [join(folder, "ca.pem"), join(folder, "ca.key")];
    openssl(["req", "-x509", ...KIND, "-keyout", key, "-out", cert, "-days", "2", "-subj", `/CN=${name}`]);
    const own = { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
    return { ...own, issue: (subject, names) => issue(own, subject, names) };
  });
}

function issue(ca: Pair, subject: string, names: readonly string[]): Pair {
  return inFolder((folder) => {
    const path = (file: string) => join(folder, file);
    writeFileSync(path("ca.pem"), ca.cert);
    writeFileSync(path("ca.key"), ca.key);
    openssl(["req", ...KIND, "-keyout", path("key"), "-out", path("csr"), "-subj", subject]);
    const usage = names.length === 0 ? "clientAuth" : "serverAuth";
    const alternative = names.length === 0 ? "" : `subjectAltName=${names.join(",")}\n`;
    writeFileSync(path("ext"), `extendedKeyUsage=${usage}\n${alternative}`);
    const signing = ["-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial", "-days", "2"];
    openssl(["x509", "-req", "-in", path("csr"), ...signing, "-extfile", path("ext"), "-out", path("cert")]);
    return { cert: readFileSync(path("cert"), "utf8"), key: readFileSync(path("key"), "utf8") };
  });
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "portolan-ca-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function openssl(args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: "ignore" });
}
