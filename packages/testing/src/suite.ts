/**
 * One promise of a port, to be checked on any implementation. A suite is a list of them, and knows no test runner:
 * `for (const { name, check } of suite) it(name, check)`.
 */
export interface Case {
  readonly name: string;
  check(): Promise<void>;
}

/** Something that was opened for one case. */
export interface Opened<Port> {
  readonly port: Port;
  close(): Promise<void>;
}

/** Opens a fresh one for each case, and closes it whatever comes of the case. */
export function casesOf<Port>(
  open: () => Promise<Opened<Port>>,
  promises: Readonly<Record<string, (port: Port) => Promise<void>>>,
): readonly Case[] {
  return Object.entries(promises).map(([name, holds]) => ({
    name,
    async check() {
      const { port, close } = await open();
      try {
        await holds(port);
      } finally {
        await close();
      }
    },
  }));
}
