import type { IncomingMessage, ServerResponse } from 'node:http';
import { ByteBudget } from './byte-budget.ts';
import { withJson } from './json.ts';
import { problemAnswer, type Problem } from './problem.ts';
import { readBody } from './read-body.ts';
import { refusalOfUnread, sendUnread } from './refuse-unread.ts';

/** What somebody asks for: a script in JSON, a page's own form as browsers send it. */
export interface ActBody {
  readonly kind: 'json' | 'form';
  readonly value: unknown;
}

const LIMIT = 256 * 2 ** 10;
const DEADLINE_MS = 10_000;
const budget = new ByteBudget(16 * 2 ** 20);

/**
 * Reads what is asked for, in JSON or as a form (a name that comes several times has a list for its value), and hands it to
 * `use`. What cannot be read is refused here.
 */
export async function withActBody(
  request: IncomingMessage,
  response: ServerResponse,
  use: (body: ActBody) => Promise<void>,
): Promise<void> {
  const reading = { limit: LIMIT, deadline: DEADLINE_MS, budget };
  const type = (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase();
  if (type === 'application/json')
    return withJson(request, response, reading, (value) => use({ kind: 'json', value }));
  if (type !== 'application/x-www-form-urlencoded')
    return sendUnread(request, response, problemAnswer(UNKNOWN_TYPE));
  const read = await readBody(request, reading);
  if (read.kind === 'aborted') return;
  if (read.kind !== 'whole')
    return sendUnread(request, response, problemAnswer(refusalOfUnread(read.kind, LIMIT)));
  try {
    await use({ kind: 'form', value: fieldsOf(new URLSearchParams(read.body.toString())) });
  } finally {
    read.release();
  }
}

type Fields = Record<string, string | readonly string[] | Readonly<Record<string, string>>>;

/** `query.type=a` is the field `type` of `query`. */
function fieldsOf(form: URLSearchParams): Readonly<Fields> {
  const fields: Fields = Object.create(null) as Fields;
  for (const name of new Set(form.keys())) {
    const values = form.getAll(name);
    const [first = ''] = values;
    const [, outer, inner] = /^(\w+)\.(\w+)$/.exec(name) ?? [];
    if (outer === undefined || inner === undefined) fields[name] = values.length === 1 ? first : values;
    else
      fields[outer] = { ...(fields[outer] as Readonly<Record<string, string>> | undefined), [inner]: first };
  }
  return fields;
}

const UNKNOWN_TYPE: Problem = {
  status: 415,
  error: 'unsupported_media_type',
  title: 'The body is neither JSON nor a form',
  detail: 'Send it as application/json.',
};
