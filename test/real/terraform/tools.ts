/** Where `terraform`, its providers and the packages that their schemas are rebuilt from are found. */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { rebuildSchema, type Style } from "./provider/rebuild.ts";
import { rebuildFromPulumi } from "./provider/rebuild-pulumi.ts";
import type { ProviderSchema, Schema } from "./provider/schema.ts";

/** A provider that is not on the machine, and the package that its schema is rebuilt from. */
interface Rebuilt {
  readonly source: string;
  readonly version: string;
  readonly package: string;
  readonly style: Style | "pulumi";
}

export const REBUILT: Readonly<Record<string, Rebuilt>> = {
  cloudflare: {
    source: "cloudflare/cloudflare",
    version: "5.14.0",
    package: "@cdktf/provider-cloudflare@13.9.1",
    style: "attributes",
  },
  fastly: { source: "fastly/fastly", version: "8.4.0", package: "@pulumi/fastly@11.1.0", style: "pulumi" },
  google: { source: "hashicorp/google", version: "6.50.0", package: "@cdktf/provider-google@16.12.1", style: "blocks" },
  kubernetes: {
    source: "hashicorp/kubernetes",
    version: "2.38.0",
    package: "@cdktf/provider-kubernetes@12.1.1",
    style: "blocks",
  },
};

const ROOT = join(import.meta.dirname, "../../..");
const CACHE = join(process.env["PORTOLAN_CACHE"] ?? join(homedir(), ".cache/portolan"), "terraform");

export const TERRAFORM: string = process.env["PORTOLAN_TERRAFORM"] ?? "terraform";

/** Folder that holds `registry.terraform.io` with the genuine AWS provider; null where the machine has none. */
export function awsPlugins(): string | null {
  const named = process.env["PORTOLAN_TERRAFORM_PLUGINS"] ?? "/opt/tf-plugins";
  const found = globSync(
    join(named, "registry.terraform.io/hashicorp/aws/*/linux_*/terraform-provider-aws_v5.100.0_x5"),
  );
  return found.length > 0 ? named : null;
}

/** What these tests cannot do without and this machine does not have; null when it is all there. */
export function missingTools(): string | null {
  try {
    execFileSync(TERRAFORM, ["version"], { stdio: "ignore" });
  } catch {
    return `no "${TERRAFORM}" on the PATH; set PORTOLAN_TERRAFORM to a Terraform of 1.11 or later`;
  }
  if (awsPlugins() === null)
    return "no AWS provider 5.100.0; set PORTOLAN_TERRAFORM_PLUGINS to the folder of its mirror";
  return null;
}

/** A mirror of providers in `folder`: the genuine AWS one where there is one, schemas for the others. */
export function makeMirror(
  folder: string,
  aws: string | null,
  schemas: Readonly<Record<string, ProviderSchema>>,
): string {
  const platform = `linux_${process.arch === "arm64" ? "arm64" : "amd64"}`;
  for (const [name, schema] of Object.entries(schemas)) {
    const { source, version } = REBUILT[name] ?? { source: `hashicorp/${name}`, version: "5.100.0" };
    const home = join(folder, "registry.terraform.io", source, version, platform);
    mkdirSync(home, { recursive: true });
    const file = join(home, "schema.json");
    writeFileSync(file, JSON.stringify(schema));
    const command = [process.execPath, join(import.meta.dirname, "provider/main.ts"), file].map((one) => `'${one}'`);
    writeFileSync(join(home, `terraform-provider-${name}_v${version}`), `#!/bin/sh\nexec ${command.join(" ")}\n`, {
      mode: 0o755,
    });
  }
  if (aws !== null && schemas["aws"] === undefined) {
    const home = "registry.terraform.io/hashicorp/aws/5.100.0";
    mkdirSync(join(folder, home), { recursive: true });
    // Terraform follows a link in this place only.
    symlinkSync(join(aws, home, platform), join(folder, home, platform));
  }
  return folder;
}

/** The rebuilt schema of a provider, with the resources and data sources of these types. */
export function rebuiltProvider(name: string, resources: readonly string[], data: readonly string[]): ProviderSchema {
  if (REBUILT[name]?.style === "pulumi") return pulumiProvider(name, REBUILT[name].package, resources);
  const { block } = schemaOf(name, "provider");
  const { alias: _, ...attributes } = block.attributes ?? {};
  const all = (prefix: string, types: readonly string[]): Record<string, Schema> =>
    Object.fromEntries(
      types.map((type) => [type, schemaOf(name, prefix + type.slice(name.length + 1).replaceAll("_", "-"))]),
    );
  return {
    provider: { block: { ...block, attributes } },
    resource_schemas: all("", resources),
    data_source_schemas: all(`data-${name}-`, data),
  };
}

function pulumiProvider(name: string, from: string, resources: readonly string[]): ProviderSchema {
  const archive = archiveOf(from);
  const read = (file: string): string =>
    execFileSync("tar", ["-xzOf", archive, `package/${file}`], { maxBuffer: 1 << 28, encoding: "utf8" });
  const types = read("types/input.d.ts");
  const schemaFor = (type: string): Schema => {
    const words = type.slice(name.length + 1).split("_");
    const className = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
    return rebuildFromPulumi(read(`${className.charAt(0).toLowerCase()}${className.slice(1)}.d.ts`), types, className);
  };
  return {
    provider: { block: { attributes: { api_key: { optional: true, type: "string" } } } },
    resource_schemas: Object.fromEntries(resources.map((type) => [type, schemaFor(type)])),
    data_source_schemas: {},
  };
}

function schemaOf(name: string, folder: string): Schema {
  const rebuilt = REBUILT[name];
  if (rebuilt === undefined || rebuilt.style === "pulumi") {
    throw new RangeError(`Cannot rebuild the schema of "${name}": no package is named for it`);
  }
  const archive = archiveOf(rebuilt.package);
  const home = archive.replace(/\.tgz$/, "");
  const lib = join(home, "package/lib");
  if (!existsSync(join(lib, folder))) {
    mkdirSync(home, { recursive: true });
    execFileSync("tar", ["-xzf", archive, "-C", home, `package/lib/${folder}`]);
  }
  // Large resources have their structures in files beside.
  const files = globSync(["index.js", "index-structs/structs*.js"], { cwd: join(lib, folder) });
  return rebuildSchema(
    files.map((file) => readFileSync(join(lib, folder, file), "utf8")),
    rebuilt.style,
  );
}

/** The package's archive in the cache, fetched from the registry of packages when it is not there. */
function archiveOf(name: string): string {
  const file = join(CACHE, `${name.replace(/^@/, "").replace("/", "-").replace("@", "-")}.tgz`);
  if (!existsSync(file)) {
    mkdirSync(CACHE, { recursive: true });
    execFileSync("npm", ["pack", "--silent", "--pack-destination", CACHE, name], { cwd: ROOT });
  }
  return file;
}

/** The genuine AWS provider's own schema of these types, read from it once. */
export function awsSchema(plugins: string, resources: readonly string[], data: readonly string[]): ProviderSchema {
  const file = join(CACHE, "aws-5.100.0.json");
  if (!existsSync(file)) {
    const folder = mkdtempSync(join(tmpdir(), "portolan-aws-schema-"));
    writeFileSync(
      join(folder, "main.tf"),
      'terraform {\n  required_providers {\n    aws = {\n      source = "hashicorp/aws"\n    }\n  }\n}\n',
    );
    const env = { ...process.env, TF_CLI_CONFIG_FILE: "/dev/null", CHECKPOINT_DISABLE: "1" };
    const run = (args: readonly string[]): Buffer =>
      execFileSync(TERRAFORM, args, { cwd: folder, env, maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] });
    run(["init", `-plugin-dir=${plugins}`]);
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(`${file}.part`, run(["providers", "schema", "-json"]));
    renameSync(`${file}.part`, file);
    rmSync(folder, { recursive: true });
  }
  const { provider_schemas: all } = JSON.parse(readFileSync(file, "utf8")) as {
    readonly provider_schemas: Readonly<Record<string, ProviderSchema>>;
  };
  const schema = all["registry.terraform.io/hashicorp/aws"];
  if (schema === undefined) throw new Error(`Cannot read the schema of the AWS provider: "${file}" does not hold it`);
  return {
    provider: schema.provider,
    resource_schemas: only(schema.resource_schemas, resources),
    data_source_schemas: only(schema.data_source_schemas, data),
  };
}

function only(schemas: Readonly<Record<string, Schema>>, names: readonly string[]): Readonly<Record<string, Schema>> {
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => names.includes(name)));
}
