/** What can need somebody; all but the last two are told as alerts. `notice` is only shown. */
export const ALERT_KINDS = [
  'memory',
  'partition-away',
  'unworked',
  'brake',
  'recorder-lag',
  'backlog',
  'refusals',
  'schedule',
  'silent-source',
  'issue',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];
export type SignalKind = AlertKind | 'notice' | 'unseen';

interface Shown<Kind extends SignalKind> {
  readonly kind: Kind;
  /** The same for as long as it is the same thing that needs somebody. */
  readonly key: `${Kind}:${string}`;
  /** In a few words. */
  readonly title: string;
  /** In a sentence: what stands before its subject, the subject, and the rest. */
  readonly says: readonly [before: string, subject: string, after: string];
  /** Where the dashboard shows more of it. */
  readonly path: string;
}

/** Something that needs somebody now. */
export type Signal =
  | { readonly [Kind in Exclude<SignalKind, 'unseen'>]: Shown<Kind> }[Exclude<SignalKind, 'unseen'>]
  /** What cannot be told now: of these kinds nobody knows whether more of them fire, or none any more. */
  | (Shown<'unseen'> & { readonly hides: readonly SignalKind[] });

export type Alert = Extract<Signal, { readonly kind: AlertKind }>;

export function isAlert(signal: Signal): signal is Alert {
  return signal.kind !== 'notice' && signal.kind !== 'unseen';
}

/** Something that is worth a look, and wakes nobody. */
export function notice(name: string, says: Signal['says'], path = '/admin/system'): Signal {
  return { kind: 'notice', key: `notice:${name}`, title: says.join(''), says, path };
}

/** What a signal says, as one text. */
export function detailOf({ says }: Pick<Signal, 'says'>): string {
  return says.join('');
}
