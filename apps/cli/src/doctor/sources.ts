import type { Source } from '@hookline/core';
import type { SourceView } from '@hookline/operations';
import { note, ok, wrong, type Finding } from './finding.ts';

/** What opens a provider's API, and signs nothing. */
const API_KEY =
  /^(?:(?:sk|pk|rk)_(?:live|test)_|gh[opsru]_|github_pat_|xox[abprs]-|shp(?:at|ca|pa)_|AKIA[0-9A-Z]{12})/;
/** A word that a provider's own signing secrets begin with. */
const MARK = /^[a-z]{2,12}_/;

/** Whether the secrets look like those that their providers sign with. @param random bytes for an example of one */
export function secretFindings(sources: Iterable<Source>, random: Buffer): readonly Finding[] {
  return [...sources].flatMap((source) =>
    source.secrets().flatMap((secret) => secretFinding(source, secret, random)),
  );
}

function secretFinding({ name, provider }: Source, secret: string, random: Buffer): readonly Finding[] {
  const key = `WEBHOOK_SECRET_${name.toUpperCase().replaceAll('-', '_')}`;
  if (API_KEY.test(secret))
    return [
      wrong(
        `the secret of ${name} is a key of an API: with it, every request is refused as a mismatch`,
        `write the endpoint's own signing secret into ${key}, and replace the key: it was in the wrong hands here`,
      ),
    ];
  const [mark] = MARK.exec(provider.makeSecret(random)) ?? [];
  if (mark === undefined || secret.startsWith(mark) || secret.startsWith('token:')) return [];
  return [
    note(
      `the secret of ${name} does not begin with ${mark}, as those of ${provider.name} do`,
      `look at what the provider shows for this endpoint, and write that into ${key}`,
    ),
  ];
}

/** What a day's requests say of the secrets. @param testMode the sources whose payloads say that they are from a test mode */
export function trafficFindings(
  seen: readonly SourceView[],
  { testMode, now }: { readonly testMode: readonly string[]; readonly now: number },
): readonly Finding[] {
  const findings = seen.flatMap((view) => [...mismatchFindings(view), ...silenceFindings(view, now)]);
  const inTest = testMode.map((source) =>
    note(
      `events of a test mode came to ${source} in the last day, and this is production`,
      `give the test mode an endpoint of its own, or remove its secret from ${source}`,
    ),
  );
  return [...findings, ...inTest];
}

function mismatchFindings({ source, events, refused }: SourceView): readonly Finding[] {
  const count = refused['mismatch'] ?? 0;
  if (count === 0) return [];
  const where = `'hookline refusals list --source ${source}' says what is likely`;
  return events === 0
    ? [
        wrong(
          `${source} accepted nothing in the last day, and refused ${count} for their signature`,
          `its secret is another endpoint's or another mode's (test, live): compare it with the provider's page; ${where}`,
        ),
      ]
    : [note(`${source} refused ${count} for their signature in the last day`, where)];
}

function silenceFindings({ source, silentSince }: SourceView, now: number): readonly Finding[] {
  if (silentSince === undefined) return [];
  const hours = ((now - silentSince) / 3_600_000).toFixed(1);
  return [
    note(
      `${source} has been silent for ${hours} h, longer than it usually is`,
      "look at the provider's own list of deliveries: it may have switched the endpoint off",
    ),
  ];
}

export function sourcesFinding(sources: ReadonlyMap<string, Source>, names: string): Finding {
  return sources.size > 0
    ? ok(`${sources.size === 1 ? '1 source' : `${sources.size} sources`}: ${names}`)
    : note('no source is configured', 'set WEBHOOK_SECRET_<SOURCE> for each provider that sends here');
}
