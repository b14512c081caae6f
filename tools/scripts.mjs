/**
 * The index of the Lua scripts: `.lua` files that stand beside their callers, each with a header that names what it is
 * given and what it answers. One that answers nothing (no `@reply`) is a piece that others include. Node built-ins only.
 *
 * The header's tags: `@include a, b` · `@keys a` (in Lua: `aKey`) · `@args a` · `@lists a` (of any length) ·
 * `@add a` or `a?` (a BullMQ job; in Lua: `addA()`) · `@each rows: a, b` (any number of these; `@lists rows.c` and
 * `@add rows.d` belong to each) · `@bullmq promote` (a script of BullMQ's as a function) · `@reply a | b` (a word),
 * `@reply [a | b] …` (a word, then what is named), `@reply integer`, `@reply integers: …`, or what else it is.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';

const TAGS = ['include', 'keys', 'args', 'lists', 'add', 'each', 'bullmq', 'reply'];

/** @returns the text of `all-scripts.ts` for the `.lua` files below a folder */
export function scriptsIndex(folder, header) {
  const files = new Map(luaFiles(folder).map((file) => [basename(file, '.lua'), readFile(folder, file)]));
  const pieces = [...files.values()].filter(({ reply }) => reply === undefined);
  const scripts = [...files.values()]
    .filter(({ reply }) => reply !== undefined)
    .map((script) => whole(script, files));
  return [
    `${header}import type { Additions, Args, Keys, Lists, ScriptText } from './script.ts';\n`,
    `/** What each script is called with. */\nexport interface ScriptCalls {\n${scripts.map(callType).join('\n')}\n}\n`,
    `/** What each script answers. */\nexport interface ScriptReplies {\n${scripts.map((script) => `  readonly '${script.name}': ${replyType(script)};`).join('\n')}\n}\n`,
    `/** What several scripts share, by the names under which they include it. */\nexport const PIECES = {\n${pieces.map(({ name, lua }) => `  '${name}': ${literal(lua)},`).join('\n')}\n} as const;\n`,
    `export const SCRIPTS = {\n${scripts.map(scriptText).join('\n')}\n} as const satisfies Record<keyof ScriptCalls, ScriptText>;\n`,
  ].join('\n');
}

/** @throws Error that names two files of one name: scripts are called by it */
function luaFiles(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.lua'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .toSorted((a, b) => (basename(a) < basename(b) ? -1 : 1));
  for (const [index, file] of files.entries())
    if (index > 0 && basename(file) === basename(files[index - 1]))
      throw new Error(`${file} and ${files[index - 1]} are two scripts of one name`);
  return files;
}

function readFile(folder, file) {
  const lines = readFileSync(file, 'utf8').split('\n');
  const end = lines.findIndex((line) => !line.startsWith('---'));
  const head = lines.slice(0, end).map((line) => line.slice(3).trim());
  const read = {
    name: basename(file, '.lua'),
    file: relative(folder, file).replaceAll('\\', '/'),
    says: head.filter((line) => !line.startsWith('@')),
    include: [],
    keys: [],
    args: [],
    lists: [],
    add: [],
    bullmq: [],
    each: [],
    reply: undefined,
    lua: lines.slice(end).join('\n').trim(),
  };
  for (const line of head.filter((text) => text.startsWith('@'))) readTag(read, line);
  return read;
}

function readTag(piece, line) {
  const [, tag, text = ''] = /^@(\w+)\s*(.*)$/.exec(line) ?? [];
  if (!TAGS.includes(tag))
    throw new Error(`${piece.file}: '${line}' has none of the tags ${TAGS.join(', ')}`);
  if (tag === 'reply') piece.reply = text;
  else if (tag === 'each') {
    const [name, columns = ''] = text.split(':');
    piece.each.push({ name: name.trim(), args: listOf(columns), lists: [], add: [] });
  } else
    for (const name of listOf(text)) {
      const [owner, part] = name.split('.');
      const rows = part === undefined ? piece : piece.each.find((each) => each.name === owner);
      if (rows === undefined) throw new Error(`${piece.file}: '${name}' belongs to no @each`);
      rows[tag].push(part ?? owner);
    }
}

function listOf(text) {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** A script with all that its pieces are given: each piece once, before whoever needs it. */
function whole(script, files) {
  const included = [];
  const include = (file) => {
    for (const name of file.include) {
      const piece = files.get(name);
      if (piece === undefined || piece.reply !== undefined)
        throw new Error(`${file.file}: there is no piece '${name}' to include`);
      include(piece);
    }
    if (!included.includes(file)) included.push(file);
  };
  include(script);
  const joined = { ...script, include: included.slice(0, -1).map(({ name }) => name) };
  for (const tag of ['keys', 'args', 'lists', 'add', 'bullmq', 'each'])
    joined[tag] = included.flatMap((file) => file[tag]);
  checkNames(joined);
  return joined;
}

/** Names that the text which stands before a script's own has for itself. */
const TAKEN = ['at', 'key', 'row', 'add', 'prefix'];

function checkNames({ file, args, lists, each, keys, add }) {
  const taken = [...args, ...lists].find((name) => TAKEN.includes(name));
  if (taken !== undefined) throw new Error(`${file}: '${taken}' is a name of the script's surroundings`);
  for (const names of [[...args, ...lists, ...each.map(({ name }) => name)], keys]) {
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new Error(`${file}: '${twice}' is named twice`);
  }
  if (add.length > 1 || each.some((rows) => rows.add.length > 1))
    throw new Error(`${file}: one call, or row, adds one job`);
}

function callType(script) {
  const says = script.says.join('\n').trim().split('\n');
  const parts = [
    script.keys.length > 0 && `keys: Keys<${union(script.keys)}>`,
    script.args.length > 0 && `args: Args<${union(script.args)}>`,
    script.lists.length > 0 && `lists: Lists<${union(script.lists)}>`,
    script.add.length > 0 && `add: ${additions(script.add)}`,
    script.each.length > 0 && `each: { ${script.each.map(rowsType).join('; ')} }`,
  ].filter(Boolean);
  return [
    '  /**',
    ...says.map((line) => `   * ${line}`.trimEnd()),
    `   * @see ../${script.file}`,
    '   */',
    `  readonly '${script.name}': {\n${parts.map((part) => `    readonly ${part};`).join('\n')}\n  };`,
  ].join('\n');
}

function rowsType({ name, args, lists, add }) {
  const columns = [
    args.length > 0 && `Args<${union(args)}>`,
    lists.length > 0 && `Lists<${union(lists)}>`,
    add.length > 0 && additions(add),
  ].filter(Boolean);
  return `readonly ${name}: readonly (${columns.join(' & ')})[]`;
}

function additions(names) {
  const [name] = names;
  return name.endsWith('?') ? `Partial<Additions<'${name.slice(0, -1)}'>>` : `Additions<'${name}'>`;
}

const WORDS = /^[\w-]+(?: \| [\w-]+)+$/;
const TAGGED = /^\[([^\]]+)\]/;

function replyKind({ reply }) {
  if (reply === 'integer') return 'integer';
  if (WORDS.test(reply)) return 'word';
  return TAGGED.test(reply) ? 'tagged' : 'raw';
}

function replyType(script) {
  switch (replyKind(script)) {
    case 'integer':
      return 'number';
    case 'word':
      return union(script.reply.split(' | '));
    case 'tagged':
      return `readonly [kind: ${union(TAGGED.exec(script.reply)[1].split(' | '))}, ...rest: unknown[]]`;
    default:
      return 'unknown';
  }
}

function scriptText(script) {
  const rows = script.each.map(
    ({ name, args, lists, add }) =>
      `{ name: '${name}', args: ${names(args)}, lists: ${names(lists)}, add: ${names(plain(add))} }`,
  );
  return [
    `  '${script.name}': {`,
    ...['include', 'keys', 'args', 'lists', 'bullmq'].map((tag) => `    ${tag}: ${names(script[tag])},`),
    `    add: ${names(plain(script.add))},`,
    `    each: [${rows.join(', ')}],`,
    `    reply: '${replyKind(script)}',`,
    `    lua: ${literal(script.lua)},`,
    '  },',
  ].join('\n');
}

const literal = (lua) => `\`${lua.replaceAll(/[`\\]|\$\{/g, (text) => `\\${text}`)}\``;
const plain = (list) => list.map((name) => name.replace('?', ''));
const names = (list) => `[${list.map((name) => `'${name}'`).join(', ')}]`;
const union = (list) => list.map((name) => `'${name}'`).join(' | ');
