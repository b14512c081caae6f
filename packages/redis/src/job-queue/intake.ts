import type { JobsOptions } from 'bullmq';
import { v7 as uuid } from 'uuid';
import { childId } from './chain.ts';
import type { StoredWork } from '../bullmq/job-data.ts';
import { readAddOptions, type AddOptions, type Settings } from './options.ts';

const LONGEST_NAME = 256;

/** A job as BullMQ is given it. */
export interface Prepared {
  readonly name: string;
  readonly data: StoredWork;
  readonly opts: JobsOptions & { readonly jobId: string };
  /** Its id is not new by nature: the same job may be there already. */
  readonly mayExist: boolean;
}

/**
 * Makes a job of what `add` was given. Inside a handler it takes the next place among the handler's children.
 * @throws RangeError that names the option and its range; TypeError for data that is not JSON
 */
export function prepare(
  queue: string,
  settings: Settings,
  name: string,
  data: unknown,
  given: AddOptions,
): Prepared {
  if (typeof name !== 'string' || name.length === 0 || name.length > LONGEST_NAME)
    throw new RangeError(`a job's name is a text of 1 to ${LONGEST_NAME} characters`);
  const now = Date.now();
  const { delay, priority, id, options, metadata } = readAddOptions(given, now);
  const { keep } = settings;
  const work: StoredWork = {
    kind: 'job',
    data: asJson(data, `the data of job '${name}'`),
    ...(options === undefined ? {} : { options }),
    ...(metadata === undefined ? {} : { metadata: asJson(metadata, `the metadata of job '${name}'`) }),
  };
  const known = id ?? childId(queue, name);
  return {
    name,
    data: work,
    opts: {
      jobId: known ?? uuid(),
      priority: priority ?? settings.priority,
      timestamp: now,
      delay,
      // Every attempt's stack would be kept; the last one says it.
      stackTraceLimit: 1,
      removeOnComplete: keep.completed === 0 ? true : { count: keep.completed },
      removeOnFail: keep.failed === 0 ? true : { count: keep.failed },
    },
    mayExist: known !== undefined,
  };
}

/** A copy as it will be stored, so that changing the original later changes nothing. */
function asJson<Value>(value: Value, what: string): Value {
  try {
    const json = JSON.stringify(value) as string | undefined;
    return json === undefined ? value : (JSON.parse(json) as Value);
  } catch (cause) {
    throw new TypeError(`${what} cannot be kept as JSON`, { cause });
  }
}
