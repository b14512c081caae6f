import { OPERATORS, type Filter } from './filter.ts';
import { nearest } from './nearest.ts';

/** A filter is asked for each event, and told to other workers. */
const MOST_CONDITIONS = 100;
const MOST_LEVELS = 8;
const MOST_VALUES = 1_000;
const LONGEST_PATH = 200;
const MOST_KEYS_IN_PATH = 20;
const LONGEST_JSON = 16 * 1024;

const OPERATOR_NAMES: readonly string[] = [...Object.keys(OPERATORS), '$exists', '$not'];
const GROUP_NAMES: readonly string[] = ['$and', '$or', '$not'];

/** What is wrong with a filter, by its path and operator, each with what to write instead; nothing when it can be asked. */
export function filterProblems(filter: unknown): readonly string[] {
  const check = new FilterCheck();
  check.filter(filter, '', 1);
  if (check.problems.length > 0) return check.problems;
  const size = JSON.stringify(filter).length;
  if (size <= LONGEST_JSON) return [];
  return [`it has ${size} characters of JSON, and may have ${LONGEST_JSON}: decide the rest in run`];
}

/** Whether what another worker announced is a filter that this one understands. */
export function isFilter(value: unknown): value is Filter {
  return filterProblems(value).length === 0;
}

class FilterCheck {
  readonly problems: string[] = [];
  #conditions = 0;
  #isTooLarge = false;

  filter(filter: unknown, at: string, level: number): void {
    if (!this.#mayGoOn(at, level)) return;
    if (!isPlain(filter)) {
      this.#problem(at, `${named(filter)} is no filter: use an object of paths and values`);
      return;
    }
    for (const [key, condition] of Object.entries(filter)) {
      if (GROUP_NAMES.includes(key)) this.#group(key, condition, `${at}${key}`, level);
      else if (key.startsWith('$')) this.#problem(at, unknownOperator(key, GROUP_NAMES));
      else this.#path(key, condition, at, level);
    }
  }

  #group(key: string, condition: unknown, at: string, level: number): void {
    if (key === '$not') return this.filter(condition, `${at}.`, level + 1);
    if (!Array.isArray(condition) || condition.length === 0)
      return this.#problem(at, 'takes a list of one or more filters: use [{ … }, { … }]');
    for (const [index, each] of condition.entries()) this.filter(each, `${at}.${index}.`, level + 1);
  }

  #path(path: string, condition: unknown, before: string, level: number): void {
    const at = `${before}'${path.slice(0, LONGEST_PATH)}'`;
    const keys = path.split('.');
    if (path.length > LONGEST_PATH || keys.length > MOST_KEYS_IN_PATH)
      return this.#problem(
        at,
        `is too long: a path has up to ${LONGEST_PATH} characters and ${MOST_KEYS_IN_PATH} keys`,
      );
    if (keys.includes(''))
      return this.#problem(at, "has a key without a name: write one like 'data.object.id'");
    if (isPlain(condition)) return this.#operators(condition, at, level);
    if (!this.#mayGoOn(at, level)) return undefined;
    if (Array.isArray(condition))
      return this.#problem(at, 'a list is not compared with: use { $in: […] } for any of these');
    if (!isScalar(condition)) this.#problem(at, notScalar(condition));
    return undefined;
  }

  #operators(operators: object, at: string, level: number): void {
    const entries = Object.entries(operators);
    if (entries.length === 0)
      this.#problem(at, 'has no condition: write a value or an operator such as { $exists: true }');
    for (const [name, expected] of entries) {
      if (!this.#mayGoOn(at, level)) return;
      if (!OPERATOR_NAMES.includes(name)) this.#problem(at, unknownOperator(name, OPERATOR_NAMES));
      else if (name === '$not' && isPlain(expected)) this.#operators(expected, `${at} $not`, level + 1);
      else this.#expected(name, expected, `${at} ${name}`);
    }
  }

  #expected(name: string, expected: unknown, at: string): void {
    switch (name) {
      case '$eq':
      case '$ne':
        if (!isScalar(expected)) this.#problem(at, notScalar(expected));
        return;
      case '$in':
      case '$nin':
        if (!Array.isArray(expected) || expected.length === 0 || expected.length > MOST_VALUES)
          this.#problem(at, `takes a list of 1 to ${MOST_VALUES} values`);
        else if (!expected.every(isScalar))
          this.#problem(at, 'takes texts, finite numbers, true, false and null only');
        return;
      case '$exists':
        if (typeof expected !== 'boolean')
          this.#problem(at, `takes true or false, and not ${named(expected)}`);
        return;
      case '$startsWith':
        if (typeof expected !== 'string') this.#problem(at, `takes a text, and not ${named(expected)}`);
        return;
      case '$not':
        this.#problem(at, `takes operators as in { $not: { $gt: 5 } }, and not ${named(expected)}: use $ne`);
        return;
      default:
        if (typeof expected !== 'string' && !Number.isFinite(expected))
          this.#problem(at, `takes a finite number or a text, and not ${named(expected)}`);
    }
  }

  /** Counts one more condition; what is too large is said once, and the rest of it is not looked at. */
  #mayGoOn(at: string, level: number): boolean {
    this.#conditions += 1;
    if (this.#isTooLarge) return false;
    this.#isTooLarge = level > MOST_LEVELS || this.#conditions > MOST_CONDITIONS;
    if (level > MOST_LEVELS)
      this.#problem(at, `is nested deeper than ${MOST_LEVELS} levels: decide that in run`);
    else if (this.#isTooLarge)
      this.#problem(at, `there are more than ${MOST_CONDITIONS} conditions: use $in, or decide that in run`);
    return !this.#isTooLarge;
  }

  #problem(at: string, says: string): void {
    const where = at.replace(/\.$/, '');
    this.problems.push(where === '' ? says : `${where} ${says}`);
  }
}

function unknownOperator(name: string, known: readonly string[]): string {
  if (known === GROUP_NAMES && OPERATOR_NAMES.includes(name))
    return `${name} stands below a path: write { 'data.object.id': { ${name}: … } }`;
  const meant = nearest(name, known);
  if (!name.startsWith('$'))
    return `has the key '${name.slice(0, LONGEST_PATH)}', which is no operator: write a deeper path with dots, as in 'data.object'`;
  return `${name.slice(0, LONGEST_PATH)} is no operator${meant === undefined ? '' : `; did you mean ${meant}?`} (known: ${known.join(', ')})`;
}

function notScalar(value: unknown): string {
  return `${named(value)} is not compared with: use a text, a finite number, true, false or null`;
}

function isScalar(value: unknown): boolean {
  return (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    (typeof value === 'number' && Number.isFinite(value))
  );
}

/** An object as JSON has them: another worker would see something else of a date or a pattern. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function named(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (typeof value === 'number' || value === null) return String(value);
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (Array.isArray(value)) return 'a list';
  const { constructor } = Object(value) as { readonly constructor?: { readonly name?: unknown } };
  if (isPlain(value)) return 'an object';
  return typeof value === 'object' ? `a ${String(constructor?.name)}` : `a ${typeof value}`;
}
