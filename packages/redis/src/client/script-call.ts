import { keyFunctions } from './keys.ts';
import { neededOf } from './needed-lua.ts';
import type { Additions, Args, JobAddition, Keys, Lists, ScriptArg, ScriptText } from './script.ts';

/**
 * How the names of a script's header become places in KEYS and ARGV, and back: the one file that knows places.
 * ARGV: the prefix · the args · the job to add · each list with its length · each table with its length, and of each
 * row the args, the job and the lists. KEYS: the keys · the job's · each row's job's.
 */
export interface ScriptCall {
  readonly keys?: Keys<string>;
  readonly args?: Args<string>;
  readonly lists?: Lists<string>;
  readonly add?: Partial<Additions<string>>;
  readonly each?: Readonly<Record<string, readonly Row[]>>;
}
type Row = Readonly<Record<string, ScriptArg | readonly ScriptArg[] | JobAddition | undefined>>;

/** A job's script, the number of its keys, and the three arguments of BullMQ's. */
const ADDITION_ARGS = 5;
const NO_ADDITION: readonly ScriptArg[] = ['', 0, '', '', ''];

/** @returns KEYS and ARGV */
export function encodeCall(
  script: ScriptText,
  prefix: string,
  call: ScriptCall,
): { readonly keys: readonly string[]; readonly args: readonly ScriptArg[] } {
  const keys = script.keys.map((name) => call.keys?.[name] ?? '');
  const args: ScriptArg[] = [prefix];

  function take(
    names: Pick<ScriptText, 'args' | 'lists' | 'add'>,
    from: Required<Omit<ScriptCall, 'keys' | 'each'>>,
  ) {
    for (const name of names.args) args.push(from.args[name] ?? '');
    for (const name of names.add) {
      const addition = from.add[name];
      if (addition === undefined) args.push(...NO_ADDITION);
      else {
        keys.push(...addition.keys);
        args.push(addition.script, addition.keys.length, ...addition.args);
      }
    }
    for (const name of names.lists) {
      const list = from.lists[name] ?? [];
      args.push(list.length);
      for (const item of list) args.push(item);
    }
  }

  take(script, { args: call.args ?? {}, add: call.add ?? {}, lists: call.lists ?? {} });
  for (const columns of script.each) {
    const rows = call.each?.[columns.name] ?? [];
    args.push(rows.length);
    for (const row of rows)
      take(columns, {
        args: row as Args<string>,
        add: row as Additions<string>,
        lists: row as Lists<string>,
      });
  }
  return { keys, args };
}

/** Turns a reply of buffers into what the script's header says. */
export function decodeReply(script: ScriptText, reply: unknown): unknown {
  switch (script.reply) {
    case 'word':
      return String(reply);
    case 'integer':
      return Number(reply);
    case 'tagged': {
      const [kind, ...rest] = reply as unknown[];
      return [String(kind), ...rest];
    }
    case 'raw':
      return reply;
  }
}

/** Whether a script adds jobs, by itself or for its rows. */
export function isAdding({ add, each }: ScriptText): boolean {
  return add.length > 0 || each.some((rows) => rows.add.length > 0);
}

const TAKE_LUA = `
local function sliceOf(list, from, count)
  if count < 100 then return { unpack(list, from, from + count - 1) } end
  local part = {}
  for i = 0, count - 1 do part[i + 1] = list[from + i] end
  return part
end

local function takeList()
  local count = tonumber(ARGV[at])
  at = at + count + 1
  return sliceOf(ARGV, at - count, count)
end
`;

/** `data` takes the place of the job's own, where only the script can say it. */
const ADD_AT_LUA = `
local function addAt(key, arg, data)
  local args = sliceOf(ARGV, arg + 2, 3)
  if data then args[2] = data end
  return add[ARGV[arg]](sliceOf(KEYS, key, tonumber(ARGV[arg + 1])), args)
end
`;

/**
 * What stands before a script's own text: its names bound to their places, and functions for the keys that it builds.
 * @param pieces what scripts include, by name
 * @param functions what it may call of BullMQ's, by name, as Lua that defines it; `add` among it
 */
export function composeLua(
  script: ScriptText,
  pieces: Readonly<Record<string, string>>,
  functions: Readonly<Record<string, string>>,
): string {
  const included = script.include.map((name) => pieces[name] ?? '');
  const lua = [neededOf(included, script.lua), script.lua].filter((text) => text !== '').join('\n\n');
  const called = Object.entries(functions).filter(
    ([name]) => (name === 'add' && isAdding(script)) || new RegExp(`\\b${name}\\(`).test(lua),
  );
  const isOpenEnded = isAdding(script) || script.lists.length > 0 || script.each.length > 0;
  const argNames = ['prefix', ...script.args];
  const [job] = script.add;
  const afterArgs = argNames.length + 1;
  const afterKeys = script.keys.length + 1;
  const rest = job === undefined ? afterArgs : afterArgs + ADDITION_ARGS;
  return [
    `local ${argNames.join(', ')} = unpack(ARGV, 1, ${argNames.length})`,
    script.keys.length > 0
      ? `local ${script.keys.map((name) => `${name}Key`).join(', ')} = unpack(KEYS, 1, ${script.keys.length})`
      : '',
    keyFunctions(lua),
    ...called.map(([, definition]) => definition),
    isOpenEnded ? `local at = ${rest}${TAKE_LUA}` : '',
    isAdding(script) ? ADD_AT_LUA : '',
    job === undefined
      ? ''
      : `local function ${adder(job)}(data) return addAt(${afterKeys}, ${afterArgs}, data) end`,
    ...script.lists.map((name) => `local ${name} = takeList()`),
    script.each.length === 0
      ? ''
      : `local key = ${afterKeys}${job === undefined ? '' : ` + tonumber(ARGV[${afterArgs + 1}])`}`,
    ...script.each.map(takeRowsLua),
    lua,
  ]
    .filter((text) => text !== '')
    .join('\n');
}

function takeRowsLua({ name, args, lists, add }: ScriptText['each'][number]): string {
  const [job] = add;
  return [
    `local ${name} = {}`,
    'at = at + 1',
    'for i = 1, tonumber(ARGV[at - 1]) do',
    `  local row = { ${args.map((arg, index) => `${arg} = ARGV[at + ${index}]`).join(', ')} }`,
    `  at = at + ${args.length}`,
    ...(job === undefined
      ? []
      : [
          '  local keyOfJob, argOfJob = key, at',
          `  row.${adder(job)} = function(data) return addAt(keyOfJob, argOfJob, data) end`,
          `  key, at = key + tonumber(ARGV[at + 1]), at + ${ADDITION_ARGS}`,
        ]),
    ...lists.map((list) => `  row.${list} = takeList()`),
    `  ${name}[i] = row`,
    'end',
  ].join('\n');
}

/** `addJob` for `job`. */
function adder(name: string): string {
  return `add${name[0]?.toUpperCase()}${name.slice(1)}`;
}
