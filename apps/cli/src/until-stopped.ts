/** Aborts once this process is asked to end, as Ctrl-C does: what goes on until then may tidy up. */
export function untilStopped(): AbortSignal {
  const asked = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => asked.abort());
  return asked.signal;
}
