import { runCli } from './run.ts';
import { createTerminal } from './terminal.ts';

// Who reads our answer may have read enough, as `| head` has: no reason for a stack, nor for another word.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(process.exitCode ?? 0);
  });

process.exitCode = await runCli(process.argv, { env: process.env, terminal: createTerminal(process) });
