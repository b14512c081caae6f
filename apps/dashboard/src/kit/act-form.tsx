import type { ComponentChildren } from 'preact';

/** A button that does something: it posts to the operators' API and comes back to where it was pressed. */
export function ActForm({
  action,
  back,
  label,
  tone,
  values = {},
  children,
}: {
  /** Below `/admin/api`. */
  readonly action: string;
  /** Where it leads afterwards. */
  readonly back: string;
  readonly label: string;
  readonly tone?: 'main' | 'bad';
  readonly values?: Readonly<Record<string, string>>;
  /** Fields to be filled in. */
  readonly children?: ComponentChildren;
}) {
  return (
    <form class="act" method="post" action={`/admin/api${action}`}>
      <input type="hidden" name="return" value={back} />
      {Object.entries(values).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      {children}
      <button type="submit" class={tone}>
        {label}
      </button>
    </form>
  );
}
