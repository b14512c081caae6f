import type { ComponentChildren } from 'preact';

export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'idle';

/** A state in a word, with a colour that says the same. */
export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

/** A moment: as UTC, until the viewer's script writes it in their own zone. @param at milliseconds since the epoch */
export function Time({ at }: { readonly at: number }) {
  const iso = isoOf(at);
  return <time dateTime={iso}>{iso.replace('T', ' ').slice(0, 19)} UTC</time>;
}

/** @returns what cannot be a date as the epoch: what is stored is not always ours */
function isoOf(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString();
}

const LONGEST = 500;

/** Text that somebody else wrote: it turns no other text around it, and breaks where it must. */
export function Foreign({ children }: { readonly children: string }) {
  return <bdi class="foreign">{shortened(children, LONGEST)}</bdi>;
}

/** The beginning of a long text, and how much there is. */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters in all)`;
}

/** What stands where there is nothing yet. @param children what to do about it */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

export function Notice({
  tone = 'warn',
  children,
}: {
  readonly tone?: 'warn' | 'bad' | 'good';
  readonly children: ComponentChildren;
}) {
  return (
    <div class={`notice ${tone}`} role={tone === 'good' ? 'status' : 'alert'}>
      {children}
    </div>
  );
}

/** Numbers that matter most, side by side. */
export function Tiles({
  tiles,
}: {
  readonly tiles: readonly {
    readonly name: string;
    readonly value: ComponentChildren;
    readonly note?: ComponentChildren;
  }[];
}) {
  return (
    <dl class="tiles">
      {tiles.map(({ name, value, note }) => (
        <div class="tile">
          <dt>{name}</dt>
          <dd>
            {value} {note === undefined ? null : <span class="small">{note}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Names with their values. */
export function Facts({
  facts,
}: {
  readonly facts: readonly (readonly [name: string, value: ComponentChildren])[];
}) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
    </dl>
  );
}
