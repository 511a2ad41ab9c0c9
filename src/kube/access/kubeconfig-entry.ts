/** One entry of a kubeconfig, whose fields are asked for one by one. No message ever holds a value of it. */
import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { type FieldPath, fieldText, type PositionOf } from "../finding.ts";
import { isRecord } from "../plain.ts";

/** Something that a person has to change in a kubeconfig, or about the program that it names. */
export class KubeconfigError extends Error {
  override readonly name = "KubeconfigError";
}

export interface Entry {
  readonly file: string;
  /** Folder of the file, which relative paths in it go on from. */
  readonly folder: string;
  readonly value: Readonly<Record<string, unknown>>;
  /** `/home/me/.kube/config:12:5: users[0].user.token`. */
  where(...path: FieldPath): string;
  /** A field of text; null when it is not there or empty. */
  text(name: string): string | null;
  flag(name: string): boolean;
  /** A field with a mapping, as an entry of its own; null when it is not there. */
  inside(name: string): Entry | null;
  /** What `NAME-data` holds (base64), otherwise the file that `NAME` names, each time it is asked; null without both. */
  pem(name: string): (() => Promise<string>) | null;
  fail(why: string, ...path: FieldPath): KubeconfigError;
}

export interface EntrySource {
  readonly file: string;
  readonly folder: string;
  readonly value: unknown;
  readonly path: FieldPath;
  readonly positionOf: PositionOf;
}

/** Makes the entry; throws when it is not a mapping. */
export function entry({ file, folder, value, path, positionOf }: EntrySource): Entry {
  const where = (...more: FieldPath): string => {
    const { line, column } = positionOf([...path, ...more]);
    return `${file}:${line}:${column}: ${fieldText([...path, ...more])}`;
  };
  const fail = (why: string, ...more: FieldPath) =>
    new KubeconfigError(`Cannot use the kubeconfig at ${where(...more)}: ${why}`);
  if (!isRecord(value)) throw fail("it is not a mapping");

  const text = (name: string): string | null => {
    const found = value[name] ?? "";
    if (typeof found !== "string") throw fail("it is not text; write it in quotes", name);
    return found === "" ? null : found;
  };
  return {
    file,
    folder,
    value,
    where,
    text,
    fail,
    flag(name) {
      const found = value[name] ?? false;
      if (typeof found !== "boolean") throw fail("it is not true or false", name);
      return found;
    },
    inside(name) {
      const found = value[name];
      if (found === undefined || found === null) return null;
      return entry({ file, folder, value: found, path: [...path, name], positionOf });
    },
    pem(name) {
      const encoded = text(`${name}-data`);
      if (encoded !== null) {
        const decoded = Buffer.from(encoded, "base64").toString("utf8");
        if (!decoded.includes("-----BEGIN ")) throw fail("it is not PEM in base64", `${name}-data`);
        return () => Promise.resolve(decoded);
      }
      const named = text(name);
      if (named === null) return null;
      const path = pathOf(folder, named);
      return () =>
        readFile(path, "utf8").catch((cause: unknown) => {
          throw Object.assign(fail(`the file ${JSON.stringify(path)} cannot be read`, name), { cause });
        });
    },
  };
}

/** A path of a kubeconfig, which is relative to the folder of its file. */
export function pathOf(folder: string, named: string): string {
  return isAbsolute(named) ? named : join(folder, named);
}
