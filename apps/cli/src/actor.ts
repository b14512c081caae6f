import { userInfo } from 'node:os';

/** Who acts, as the audit names them: whoever runs this command, as the system calls them, and by what means. */
export function actor(means: 'cli' | 'mcp' = 'cli'): string {
  try {
    return `${means}:${userInfo().username}`;
  } catch {
    // A container's user may have no name.
    return `${means}:${process.getuid?.() ?? 'unknown'}`;
  }
}
