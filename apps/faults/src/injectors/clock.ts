/**
 * Makes this process's `Date` tell another time; timers, `performance` and Node's own insides keep the true one.
 * @param offset is asked at every look at the clock, in milliseconds from the true time
 */
export function shiftDate(offset: () => number): void {
  const TrueDate = Date;
  const now = (): number => TrueDate.now() + offset();
  globalThis.Date = new Proxy(TrueDate, {
    construct: (target, args: readonly unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
    apply: () => new TrueDate(now()).toString(),
    get: (target, key) => (key === 'now' ? now : (Reflect.get(target, key) as unknown)),
  });
}
