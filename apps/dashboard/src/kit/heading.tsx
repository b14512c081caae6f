import type { ComponentChildren } from 'preact';

/** What a page begins with. @param children what can be done here */
export function Heading({
  title,
  says,
  children,
}: {
  readonly title: string;
  readonly says?: ComponentChildren;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="head">
      <div>
        <h1 class="foreign">{title}</h1>
        {says === undefined ? null : <p>{says}</p>}
      </div>
      {children === undefined ? null : <div>{children}</div>}
    </div>
  );
}
