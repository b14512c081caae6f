import { userInfo } from 'node:os';

/** Who acts, as the audit names them: whoever runs this command, as the system calls them. */
export function actor(): string {
  try {
    return `cli:${userInfo().username}`;
  } catch {
    // A container's user may have no name.
    return `cli:${process.getuid?.() ?? 'unknown'}`;
  }
}
