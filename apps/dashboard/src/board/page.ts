import { escaped } from '@hookline/http';

const FOREIGN_LINK = /^.*<link\b[^>]*\bhref="https?:[^>]*>.*\n?/gm;
const FIELD = /<%([=-]) *(\w+) *%>/g;

/**
 * Fills in Bull Board's own page without its links to other hosts (its fonts; the system's take their place), so
 * that opening it tells nobody and works without the Internet.
 * @throws Error when the page is not what this understands, which another version of Bull Board may bring
 */
export function renderPage(template: string, values: Readonly<Record<string, unknown>>): string {
  const own = template.replace(FOREIGN_LINK, '');
  const foreign = /(?:href|src)="(?:https?:)?\/\/[^"]*"/.exec(own);
  if (foreign !== null) throw new Error(`Bull Board's page would load ${foreign[0]} from elsewhere`);
  if (own.replace(FIELD, '').includes('<%'))
    throw new Error("Bull Board's page has a template tag that is not understood");
  return own.replace(FIELD, (_tag, kind: string, name: string) => {
    const value = String(values[name] ?? '');
    return kind === '=' ? escaped(value) : value;
  });
}
