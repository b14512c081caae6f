import { SPANS } from '../time-range.ts';

/** How far back a page looks. */
export function SpanLinks({ path, now }: { readonly path: string; readonly now: string }) {
  return (
    <nav class="spans" aria-label="How far back">
      {SPANS.map(([name, title]) => (
        <a class="button" href={`${path}?span=${name}`} aria-current={name === now ? 'true' : undefined}>
          {title}
        </a>
      ))}
    </nav>
  );
}
