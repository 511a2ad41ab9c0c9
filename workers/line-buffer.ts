/** Lines gathered before they are written: a write for each request cost more than its decision. */

export interface LineBuffer {
  add(line: string): void;
  /** Writes what is there. */
  close(): void;
}

const MAX_CHARACTERS = 32_768;
/** How far a log may be behind. */
const DELAY_MS = 50;

/** Calls `write` for many lines at once, at the latest 50 ms after the first of them. */
export function lineBuffer(write: (text: string) => void): LineBuffer {
  let text = "";
  let timer: NodeJS.Timeout | null = null;
  const flush = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (text === "") return;
    const whole = text;
    text = "";
    write(whole);
  };
  return {
    add(line) {
      text += `${line}\n`;
      if (text.length > MAX_CHARACTERS) flush();
      else timer ??= setTimeout(flush, DELAY_MS).unref();
    },
    close: flush,
  };
}
