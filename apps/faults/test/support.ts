/** Whether there is a process of this id. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits until `check` neither throws nor answers false. */
export async function eventually(check: () => boolean | Promise<boolean>, patience = 15_000): Promise<void> {
  const deadline = performance.now() + patience;
  for (;;) {
    try {
      if (await check()) return;
      if (performance.now() > deadline) throw new Error('the condition did not come true in time');
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Milliseconds that something takes. */
export async function timeOf(act: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await act();
  return performance.now() - started;
}
