/** Takes lines and lets them go together. */
export interface LineBuffer {
  write(line: string): void;
  /** Lets go what is there, before it returns. */
  flush(): void;
}

/** As long as somebody who reads a log may wait for a line. */
const LONGEST_MS = 50;
/** In letters: what goes to a file or a pipe in one call. */
const MOST = 16 * 1024;

/**
 * Written one by one, the lines of accepted events cost a system call each: 5 % of all that an event costs. Those of a
 * process that is killed (nothing else ends it without its `exit`) are lost for the last 50 ms.
 * @param write is given whole lines, and has written them when it returns
 */
export function createLineBuffer(write: (lines: string) => void): LineBuffer {
  let lines = '';
  let timer: NodeJS.Timeout | undefined;
  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (lines === '') return;
    const out = lines;
    lines = '';
    write(out);
  }
  return {
    write(line) {
      lines += line;
      if (lines.length >= MOST) flush();
      else timer ??= setTimeout(flush, LONGEST_MS).unref();
    },
    flush,
  };
}
