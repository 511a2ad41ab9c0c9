/** The command line: a table of commands, one file each. Returns the exit code; never calls `process.exit`. */
import { causeOf } from "../core/cause.ts";
import type { Command } from "./command.ts";
import { agentCommand } from "./commands/agent.ts";
import { approveCommand } from "./commands/approve.ts";
import { bundleCommand } from "./commands/bundle.ts";
import { convertCommand } from "./commands/convert.ts";
import { controlCommand } from "./commands/control.ts";
import { diffCommand } from "./commands/diff.ts";
import { dnsCommand } from "./commands/dns.ts";
import { drainCommand } from "./commands/drain.ts";
import { edgeCommand } from "./commands/edge.ts";
import { eventsCommand } from "./commands/events.ts";
import { explainCommand } from "./commands/explain.ts";
import { gatewayCommand } from "./commands/gateway.ts";
import { getCommand } from "./commands/get.ts";
import { initCommand } from "./commands/init.ts";
import { joinCommand } from "./commands/join.ts";
import { keysCommand } from "./commands/keys.ts";
import { rollbackCommand } from "./commands/rollback.ts";
import { rolloutCommand } from "./commands/rollout.ts";
import { schemaCommand } from "./commands/schema.ts";
import { simCommand } from "./commands/sim.ts";
import { statusCommand } from "./commands/status.ts";
import { syncCommand } from "./commands/sync.ts";
import { unjoinCommand } from "./commands/unjoin.ts";
import { destroyCommand } from "./commands/destroy.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { tapCommand } from "./commands/tap.ts";
import { upCommand } from "./commands/up.ts";
import { validateCommand } from "./commands/validate.ts";
import type { CliDeps } from "./deps.ts";
import { Failure } from "./failure.ts";
import { nearestWord } from "./nearest-word.ts";

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ["up", upCommand],
  ["status", statusCommand],
  ["init", initCommand],
  ["join", joinCommand],
  ["unjoin", unjoinCommand],
  ["destroy", destroyCommand],
  ["doctor", doctorCommand],
  ["get", getCommand],
  ["sim", simCommand],
  ["explain", explainCommand],
  ["events", eventsCommand],
  ["tap", tapCommand],
  ["control", controlCommand],
  ["sync", syncCommand],
  ["keys", keysCommand],
  ["bundle", bundleCommand],
  ["edge", edgeCommand],
  ["gateway", gatewayCommand],
  ["agent", agentCommand],
  ["validate", validateCommand],
  ["schema", schemaCommand],
  ["convert", convertCommand],
  ["diff", diffCommand],
  ["approve", approveCommand],
  ["rollback", rollbackCommand],
  ["rollout", rolloutCommand],
  ["drain", drainCommand],
  ["dns", dnsCommand],
]);

/** Runs one command line, without the program's name. */
export async function main(argv: readonly string[], deps: CliDeps): Promise<number> {
  const [name, ...args] = argv;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    const [word] = args;
    if (word === undefined || COMMANDS.has(word)) deps.out(help(word));
    else deps.err(failureText(unknownCommand(word), "help"));
    return word === undefined || COMMANDS.has(word) ? 0 : 1;
  }
  if (name === "--version" || name === "version") {
    deps.out(`portolan ${deps.version}\n`);
    return 0;
  }
  const command = COMMANDS.get(name);
  try {
    if (command === undefined) throw unknownCommand(name);
    if (args.includes("--help") || args.includes("-h")) {
      deps.out(`${command.usage}\n`);
      return 0;
    }
    return await command.run(args, deps);
  } catch (error) {
    deps.err(failureText(error, name));
    return command?.failureCode ?? 1;
  }
}

function help(name: string | undefined): string {
  const command = COMMANDS.get(name ?? "");
  if (command !== undefined) return `${command.usage}\n`;
  const rows = [...COMMANDS].map(([word, { summary }]) => `  ${word.padEnd(10)}${summary}`);
  return `portolan: one hostname, every cluster, any cloud\n\nCommands:\n${rows.join("\n")}\n\nportolan help COMMAND says more about one.\n`;
}

function unknownCommand(name: string): Failure {
  const near = nearestWord(name, [...COMMANDS.keys()]);
  const hint = near === null ? "portolan help" : `portolan ${near}`;
  return new Failure(`Cannot run "${name}": there is no such command`, hint);
}

function failureText(error: unknown, name: string): string {
  if (error instanceof Failure) return `${error.message}\nNext: ${error.next}\n`;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const isUsage = code.startsWith("ERR_PARSE_ARGS");
  const message = causeOf(error);
  if (isUsage && code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") return unknownOption(message, name);
  if (isUsage) return `Cannot read the arguments of "${name}": ${message}\nNext: portolan help ${name}\n`;
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : "";
  return `${message}${cause}\nNext: portolan help ${name}\n`;
}

/** Node names the option in quotes; the ones that the command has stand in its usage. */
function unknownOption(message: string, name: string): string {
  const option = /'(-[^']*)'/.exec(message)?.[1] ?? "";
  const known = COMMANDS.get(name)?.usage.match(/--[a-z-]+/g) ?? [];
  const near = nearestWord(option, known);
  const hint = near === null ? "" : `; did you mean "${near}"?`;
  return `Cannot read the arguments of "${name}": unknown option "${option}"${hint}\nNext: portolan help ${name}\n`;
}
