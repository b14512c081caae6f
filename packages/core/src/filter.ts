/** What a payload is compared with. */
export type Scalar = string | number | boolean | null;

/** Conditions on what lies at one path; all of them have to hold. */
export interface Operators {
  readonly $eq?: Scalar;
  readonly $ne?: Scalar;
  readonly $gt?: string | number;
  readonly $gte?: string | number;
  readonly $lt?: string | number;
  readonly $lte?: string | number;
  readonly $in?: readonly Scalar[];
  readonly $nin?: readonly Scalar[];
  readonly $exists?: boolean;
  readonly $startsWith?: string;
  readonly $not?: Operators;
}

/**
 * Which payloads a handler is given: every condition has to hold. Keys are dotted paths; a number in one is the place in an
 * array, and a path that meets an array holds when it does for any of its elements. It is plain JSON: other workers
 * are told of it.
 */
export interface Filter {
  readonly $and?: readonly Filter[];
  readonly $or?: readonly Filter[];
  readonly $not?: Filter;
  readonly [path: string]: Scalar | Operators | Filter | readonly Filter[] | undefined;
}

interface Operator {
  /** @param values what lies at the path, the elements of arrays one by one */
  holds(values: readonly unknown[], expected: never): boolean;
  /** Of a condition that does not hold, what follows the path. */
  fails(expected: never): string;
}

export const OPERATORS: Readonly<Record<Exclude<keyof Operators, '$exists' | '$not'>, Operator>> = {
  $eq: {
    holds: (values, expected: Scalar) => values.includes(expected),
    fails: (expected: Scalar) => `is not ${shown(expected)}`,
  },
  $ne: {
    holds: (values, expected: Scalar) => !values.includes(expected),
    fails: (expected: Scalar) => `is ${shown(expected)}`,
  },
  $gt: ordered('greater than', (order) => order > 0),
  $gte: ordered('at least', (order) => order >= 0),
  $lt: ordered('less than', (order) => order < 0),
  $lte: ordered('at most', (order) => order <= 0),
  $in: {
    holds: (values, expected: readonly unknown[]) => values.some((value) => expected.includes(value)),
    fails: (expected: readonly Scalar[]) => `is none of ${shown(expected)}`,
  },
  $nin: {
    holds: (values, expected: readonly unknown[]) => !values.some((value) => expected.includes(value)),
    fails: (expected: readonly Scalar[]) => `is one of ${shown(expected)}`,
  },
  $startsWith: {
    holds: (values, expected: string) =>
      values.some((value) => typeof value === 'string' && value.startsWith(expected)),
    fails: (expected: string) => `does not begin with ${shown(expected)}`,
  },
};

/**
 * Whether a payload is one that the filter asks for. It never throws, whatever the payload; one that is not JSON has no
 * paths.
 * @param filter one without `filterProblems`
 */
export function matches(filter: Filter, payload: unknown): boolean {
  return mismatchIn(filter, payload) === undefined;
}

/**
 * The first condition that does not hold, by its path and what was expected; what the payload holds there is not said.
 * @returns `undefined` when all hold
 */
export function explainMismatch(filter: Filter, payload: unknown): string | undefined {
  const mismatch = mismatchIn(filter, payload);
  return mismatch === undefined ? undefined : cut(mismatch(), LONGEST_REASON);
}

/** Says what does not hold: most of the time nobody asks. */
type Mismatch = () => string;

function mismatchIn(filter: Filter, payload: unknown): Mismatch | undefined {
  for (const [key, condition] of Object.entries(filter)) {
    const mismatch = mismatchOf(key, condition, payload);
    if (mismatch !== undefined) return mismatch;
  }
  return undefined;
}

function mismatchOf(key: string, condition: Filter[string], payload: unknown): Mismatch | undefined {
  switch (key) {
    case '$and':
      return firstOf(condition as readonly Filter[], (each) => mismatchIn(each, payload));
    case '$or': {
      const mismatches: Mismatch[] = [];
      for (const each of condition as readonly Filter[]) {
        const mismatch = mismatchIn(each, payload);
        if (mismatch === undefined) return undefined;
        mismatches.push(mismatch);
      }
      return () => `nothing of $or holds: ${mismatches.map((mismatch) => mismatch()).join('; ')}`;
    }
    case '$not':
      return mismatchIn(condition as Filter, payload) === undefined
        ? () => `what $not rules out holds: ${shown(condition)}`
        : undefined;
    default: {
      const found = valuesAt(payload, key);
      const isLiteral = typeof condition !== 'object' || condition === null;
      const failed = failedAt(found, isLiteral ? { $eq: condition as Scalar } : (condition as Operators));
      return failed && (() => `${cut(key, LONGEST_SHOWN)} ${failed()}`);
    }
  }
}

/** Which of the operators does not hold for what was found at a path. */
function failedAt(found: readonly unknown[], operators: Operators): Mismatch | undefined {
  const values = found.flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]));
  return firstOf(Object.entries(operators), ([name, expected]) => {
    if (name === '$exists')
      return found.length > 0 === expected ? undefined : () => (expected ? 'is not there' : 'is there');
    if (name === '$not')
      return failedAt(found, expected as Operators) === undefined
        ? () => `is what $not rules out: ${shown(expected)}`
        : undefined;
    const { holds, fails } = OPERATORS[name as keyof typeof OPERATORS];
    if (holds(values, expected as never)) return undefined;
    return () => fails(expected as never) + (found.length === 0 ? ', it is not there' : '');
  });
}

const INDEX = /^(?:0|[1-9]\d{0,8})$/;

/** What lies at a path: nothing where it leads nowhere, several values where it meets arrays. */
function valuesAt(payload: unknown, path: string): readonly unknown[] {
  let found: readonly unknown[] = [payload];
  for (const key of path.split('.')) {
    found = found.flatMap((value) =>
      Array.isArray(value) && !INDEX.test(key)
        ? value.flatMap((element) => (Array.isArray(element) ? [] : ownOf(element, key)))
        : ownOf(value, key),
    );
  }
  return found;
}

/** Its own only: what every object inherits is nothing that was sent. */
function ownOf(value: unknown, key: string): readonly unknown[] {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return [];
  return [(value as Readonly<Record<string, unknown>>)[key]];
}

/** Numbers are compared with numbers, and texts with texts. */
function ordered(words: string, fits: (order: number) => boolean): Operator {
  return {
    holds: (values, expected: string | number) =>
      values.some((value) => {
        if (typeof value !== typeof expected) return false;
        if (value === expected) return fits(0);
        return fits((value as string | number) > expected ? 1 : -1);
      }),
    fails: (expected: string | number) => `is not ${words} ${shown(expected)}`,
  };
}

function firstOf<Item, Found>(
  items: readonly Item[],
  find: (item: Item) => Found | undefined,
): Found | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

const LONGEST_SHOWN = 120;
const LONGEST_REASON = 300;

function shown(value: unknown): string {
  return cut(JSON.stringify(value), LONGEST_SHOWN);
}

function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
