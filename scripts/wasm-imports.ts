/** The import section of a WebAssembly module: names of modules, to which somebody else shall answer. */

const HEADER = 8;
const IMPORT_SECTION = 2;
const FUNCTION = 0;

/** The module with the import of that name taken from another module. RangeError when there is no such import. */
export function renameImport(
  bytes: Uint8Array,
  { module, name }: { readonly module: string; readonly name: string },
  to: string,
): Uint8Array {
  const section = importSection(bytes);
  const found = section.imports.find((one) => one.module === module && one.name === name);
  if (found === undefined) throw new RangeError(`Cannot rename the import "${name}" of "${module}": there is none`);
  const text = new TextEncoder().encode(to);
  const body = Buffer.concat([
    bytes.subarray(section.bodyFrom, found.moduleFrom),
    unsigned(text.length),
    text,
    bytes.subarray(found.moduleTo, section.to),
  ]);
  return Buffer.concat([
    bytes.subarray(0, section.from),
    Uint8Array.of(IMPORT_SECTION),
    unsigned(body.length),
    body,
    bytes.subarray(section.to),
  ]);
}

interface Import {
  readonly module: string;
  readonly name: string;
  /** Where the name of the module stands, with its length. */
  readonly moduleFrom: number;
  readonly moduleTo: number;
}

interface ImportSection {
  readonly from: number;
  readonly bodyFrom: number;
  readonly to: number;
  readonly imports: readonly Import[];
}

function importSection(bytes: Uint8Array): ImportSection {
  for (let from = HEADER; from < bytes.length; ) {
    const [size, bodyFrom] = readUnsigned(bytes, from + 1);
    const to = bodyFrom + size;
    if (bytes[from] === IMPORT_SECTION) return { from, bodyFrom, to, imports: readImports(bytes, bodyFrom) };
    from = to;
  }
  throw new RangeError("Cannot read the imports of the module: it has none");
}

function readImports(bytes: Uint8Array, bodyFrom: number): readonly Import[] {
  const [count, first] = readUnsigned(bytes, bodyFrom);
  const imports: Import[] = [];
  for (let at = first; imports.length < count; ) {
    const [module, moduleTo] = readText(bytes, at);
    const [name, nameTo] = readText(bytes, moduleTo);
    if (bytes[nameTo] !== FUNCTION) throw new RangeError(`Cannot read the import "${name}": it is no function`);
    imports.push({ module, name, moduleFrom: at, moduleTo });
    [, at] = readUnsigned(bytes, nameTo + 1);
  }
  return imports;
}

function readText(bytes: Uint8Array, at: number): readonly [text: string, next: number] {
  const [length, from] = readUnsigned(bytes, at);
  return [new TextDecoder().decode(bytes.subarray(from, from + length)), from + length];
}

/** LEB128: seven bits a byte, the lowest first. */
function readUnsigned(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let shift = 0, next = at; ; shift += 7) {
    const byte = bytes[next] ?? 0;
    next += 1;
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, next];
  }
}

function unsigned(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) + (rest < 128 ? 0 : 128));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Uint8Array.from(bytes);
}
