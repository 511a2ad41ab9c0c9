import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

const INTERVAL_MS = 250;

/**
 * Calls `end` once when the npm (`npx`, `npm start`) that runs this process is gone, or the shell that npm puts in
 * between: a shell ends on SIGTERM without passing it on, and SIGKILL reaches nobody else. Without an npm nothing is
 * watched, since a command may outlive the shell it was typed into.
 */
export function whenNpmIsGone(end) {
  const parent = process.ppid;
  const npm = process.env.npm_command === undefined ? null : npmAt(parent);
  if (npm === null) return;
  const timer = setInterval(() => {
    if (process.ppid === parent && isAlive(npm)) return;
    clearInterval(timer);
    end();
  }, INTERVAL_MS);
  timer.unref();
}

/** The process itself when it is npm, its parent when it is a shell of npm's, otherwise null. */
function npmAt(pid) {
  const first = look(pid);
  if (first === null || isNpm(first)) return first === null ? null : pid;
  const second = look(first.parent);
  return second !== null && isNpm(second) ? first.parent : null;
}

/** npm names itself after what it does: `npm exec portolan …`, `npm start`. */
function isNpm({ command }) {
  return (
    /^np[mx](?: |$)/.test(command) || /\bnp[mx](?:-cli\.js)?(?: |$)/.test(command.split(" ").slice(0, 2).join(" "))
  );
}

/** Parent and command line of a process; null when nobody can say. */
function look(pid) {
  try {
    if (existsSync("/proc/self/stat")) {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      // The name is in parentheses and may hold anything, also parentheses.
      return { parent: Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]), command };
    }
    const [parent = "", ...words] = execFileSync("ps", ["-o", "ppid=,args=", "-p", String(pid)], { encoding: "utf8" })
      .trim()
      .split(/\s+/);
    return { parent: Number(parent), command: words.join(" ") };
  } catch {
    return null;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
