import { nearest, type SearchQuery } from '@hookline/core';
import { holdsWord } from '../text/fold.ts';
import { QUERY_FIELDS, type Draft } from './fields.ts';

/** A query that was understood, or what is wrong with it and how to write it. */
export type ParsedSearch =
  | { readonly kind: 'query'; readonly query: SearchQuery }
  | { readonly kind: 'problem'; readonly problem: string };

/** One piece of what was typed: `name:value`, `path=value`, or a word. */
interface Term {
  readonly name: string | undefined;
  readonly sign: ':' | '=' | undefined;
  readonly value: string;
  readonly isQuoted: boolean;
}

const QUOTED = String.raw`"(?:[^"\\]|\\.)*"`;
/** A field, a path, and the value behind them. */
const TERM = new RegExp(
  String.raw`(?:(?<field>[A-Za-z][A-Za-z-]*):(?!//)|(?<path>${QUOTED}|[^\s"=:]+)=)?(?<value>${QUOTED}|[^\s"]+|)(?=\s|$)`,
  'y',
);

/**
 * Reads a search as a person types it: `invoice.paid status:dead source:stripe customer=cus_1 "ann@example.com"`.
 * @param now for times such as `from:2h`
 */
export function parseSearch(text: string, now: number): ParsedSearch {
  const draft: Draft = { phrases: [], pairs: [] };
  for (let at = 0; ;) {
    at += /^\s*/.exec(text.slice(at))?.[0].length ?? 0;
    if (at === text.length) return { kind: 'query', query: draft };
    const term = termAt(text, at);
    if (term === undefined) return problem(unreadable(text.slice(at)));
    const wrong = take(draft, term, now);
    if (wrong !== undefined) return problem(wrong);
    at = term.end;
  }
}

function problem(text: string): ParsedSearch {
  return { kind: 'problem', problem: text };
}

function termAt(text: string, at: number): (Term & { readonly end: number }) | undefined {
  TERM.lastIndex = at;
  const match = TERM.exec(text);
  if (match === null || match[0] === '') return undefined;
  const { field, path, value = '' } = match.groups ?? {};
  const end = at + match[0].length;
  const read = { value: unquoted(value), isQuoted: value.startsWith('"'), end };
  if (field !== undefined) return { name: field, sign: ':', ...read };
  return path === undefined
    ? { name: undefined, sign: undefined, ...read }
    : { name: unquoted(path), sign: '=', ...read };
}

function unreadable(rest: string): string {
  const [piece = ''] = rest.split(/\s/, 1);
  return /^[^"]*"(?:[^"\\]|\\.)*$/.test(rest)
    ? `a quotation mark is open from ${piece}: close it, or write \\" within quotation marks for one that is searched for`
    : `${piece} has quotation marks within it: put them around all of it, or leave them out`;
}

/** @returns what is wrong with the term, or undefined */
function take(draft: Draft, { name, sign, value, isQuoted }: Term, now: number): string | undefined {
  if (sign === '=') {
    draft.pairs = [...draft.pairs, { path: name ?? '', value }];
    return undefined;
  }
  if (sign === ':') return takeField(draft, (name ?? '').toLowerCase(), value, now);
  if (!isQuoted && value.endsWith('*'))
    return `${value} is no word: only a type may end in *, as in type:${value}; put what is searched for in quotation marks`;
  if (!holdsWord(value)) return `${value || '""'} has no letter or digit to search for: leave it out`;
  draft.phrases = [...draft.phrases, value];
  return undefined;
}

function takeField(draft: Draft, name: string, value: string, now: number): string | undefined {
  const field = Object.hasOwn(QUERY_FIELDS, name) ? QUERY_FIELDS[name] : undefined;
  if (field === undefined) {
    const meant = nearest(name, Object.keys(QUERY_FIELDS));
    const known = Object.keys(QUERY_FIELDS).map((each) => `${each}:`);
    return `${name}: is no field${meant === undefined ? `: there are ${known.join(' ')}` : `: did you mean ${meant}:?`} To search for the text itself, put it in quotation marks`;
  }
  if (value === '') return `${name}: says nothing: write what it is to be behind the colon, without a space`;
  if (field.write(draft) !== undefined) return `${name}: is there twice: leave one of them out`;
  return field.read(draft, value, now);
}

function unquoted(text: string): string {
  return text.startsWith('"') && text.endsWith('"') && text.length > 1
    ? text.slice(1, -1).replaceAll(/\\(.)/gs, '$1')
    : text;
}
