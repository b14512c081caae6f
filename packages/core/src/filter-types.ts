import type { Filter, Operators, Scalar } from './filter.ts';

/**
 * A filter whose paths exist in the payload, and whose values may stand there. Only the paths that were written are
 * looked up: to list all that a provider's types have would take the compiler minutes.
 */
export type FilterOf<Payload, Where> = unknown extends Payload
  ? Filter
  : string extends keyof Where
    ? Filter
    : {
        readonly [Key in keyof Where]: Key extends '$and' | '$or'
          ? FiltersOf<Payload, Where[Key]>
          : Key extends '$not'
            ? FilterOf<Payload, Where[Key]>
            : Key extends string
              ? ConditionAt<Key, ValueAt<Payload, Key>, Where[Key]>
              : never;
      };

type FiltersOf<Payload, List> = {
  readonly [Index in keyof List]: FilterOf<Payload, List[Index]>;
};

/** These two stand in the compiler's message. */
interface NoSuchPath<Path extends string> {
  readonly 'the payload has no such path': Path;
}
interface CannotBe<Value> {
  readonly 'the payload has there': Value;
}

type ConditionAt<Path extends string, Value, Asked> = [Value] extends [never]
  ? NoSuchPath<Path>
  : Fitting<Asked, ScalarsIn<Value>>;

/** What was asked, where it may be. */
type Fitting<Asked, Value> = Asked extends Scalar
  ? Asked extends Value
    ? Asked
    : CannotBe<Value>
  : keyof Asked extends keyof Operators
    ? Asked extends OperatorsFor<Value>
      ? Asked
      : CannotBe<Value>
    : CannotBe<Value>;

interface OperatorsFor<Value> {
  readonly $eq?: Value;
  readonly $ne?: Value;
  readonly $gt?: Extract<Value, string | number>;
  readonly $gte?: Extract<Value, string | number>;
  readonly $lt?: Extract<Value, string | number>;
  readonly $lte?: Extract<Value, string | number>;
  readonly $in?: readonly Value[];
  readonly $nin?: readonly Value[];
  readonly $exists?: boolean;
  readonly $startsWith?: Extract<Value, string> extends never ? never : string;
  readonly $not?: OperatorsFor<Value>;
}

/** What a value may be compared with; a list with what its elements may. */
type ScalarsIn<Value> = unknown extends Value
  ? Scalar
  : Value extends readonly (infer Element)[]
    ? Value | Element extends infer Each
      ? Extract<Each, Scalar>
      : never
    : Extract<Value, Scalar>;

/** The type of what lies at a dotted path: `never` where it leads nowhere. */
type ValueAt<Value, Path extends string> = Path extends `${infer Key}.${infer Rest}`
  ? ValueAt<Step<Value, Key>, Rest>
  : Step<Value, Path>;

/** In one of several payloads is enough: in the others the condition does not hold. */
type Step<Value, Key extends string> = unknown extends Value
  ? unknown
  : Value extends readonly (infer Element)[]
    ? Key extends `${number}`
      ? Element
      : Field<Element, Key>
    : Field<Value, Key>;

type Field<Value, Key extends string> = unknown extends Value
  ? unknown
  : Value extends object
    ? Key extends keyof Value
      ? Value[Key]
      : never
    : never;
