import { redact } from '@hookline/process';

/** A body as a page can show it. */
export interface ShownBody {
  /** Indented JSON where it is some, else the text; what looks like a secret by its key is hidden. */
  readonly pretty: string;
  /** The text as it came; bytes that are no text as hexadecimal numbers. */
  readonly raw: string;
  /** Whether more came than is shown. */
  readonly isCut: boolean;
  readonly kind: 'json' | 'text' | 'bytes';
}

/** A page stays below 100 kB whatever came in. */
const MOST_CHARACTERS = 24_000;
/** A page asks again every two seconds: what is so long is not written anew each time, to be cut then. */
const MOST_PARSED = 1_000_000;

export function shownBody(body: Buffer): ShownBody {
  const text = textOf(body);
  if (text === undefined) {
    const hex = body
      .subarray(0, 2_000)
      .toString('hex')
      .replaceAll(/(.{2})/g, '$1 ');
    return { pretty: hex, raw: hex, isCut: body.length > 2_000, kind: 'bytes' };
  }
  const json = prettyJson(text);
  return {
    pretty: cut(json ?? text),
    raw: cut(text),
    isCut: text.length > MOST_CHARACTERS || (json?.length ?? 0) > MOST_CHARACTERS,
    kind: json === undefined ? 'text' : 'json',
  };
}

function textOf(body: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

/** `undefined` for what is no JSON, and for what is nested so deeply that it cannot be written again. */
function prettyJson(text: string): string | undefined {
  if (text.length > MOST_PARSED) return undefined;
  try {
    return JSON.stringify(redact(JSON.parse(text)), null, 2);
  } catch {
    return undefined;
  }
}

function cut(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}
