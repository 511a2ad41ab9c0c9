import type { DiffReport, Move } from "../core/diff.ts";
import { table } from "./table.ts";

const SHOWN_MOVES = 50;

/** The report for people: how many move, what it costs, and the largest moves. */
export function diffText(report: DiffReport, unread: number): string {
  const { requests, moved, lost, gained, savedMs, addedMs, moves } = report;
  const lines = [`${requests} requests: ${requests - moved} stay, ${moved} move (${percent(moved, requests)})`];
  if (lost > 0) lines.push(`${lost} that were forwarded no longer are`);
  if (gained > 0) lines.push(`${gained} that were not forwarded are now`);
  if (moved > 0) lines.push(`in all ${Math.round(savedMs)} ms nearer, ${Math.round(addedMs)} ms farther`);
  if (unread > 0) lines.push(`${unread} lines of the log are no requests and were left out`);
  if (moves.length > 0) {
    lines.push("", table(["REQUESTS", "HOST", "COUNTRY", "FROM", "TO", "MS"], moves.slice(0, SHOWN_MOVES).map(row)));
    if (moves.length > SHOWN_MOVES) lines.push(`and ${moves.length - SHOWN_MOVES} smaller ones; -o json has all`);
  }
  return `${lines.join("\n")}\n`;
}

function row({ requests, host, country, from, to, costMs }: Move): readonly string[] {
  const cost = costMs === null ? "" : `${costMs > 0 ? "+" : ""}${costMs}`;
  return [String(requests), host, country ?? "", from, to, cost];
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "0 %" : `${((part * 100) / whole).toFixed(1)} %`;
}
