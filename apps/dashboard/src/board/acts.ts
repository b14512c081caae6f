import type { AfterHook } from '@bull-board/api/typings/app';
import { explain, type Logger, type OperatorAct } from '@hookline/core';

type HookContext = Parameters<AfterHook>[0];

/** Whose acts are written down, and where. */
export interface ActNotes {
  /** The login that the board is behind. */
  readonly by: string;
  note(act: OperatorAct): Promise<void>;
  readonly log: Logger;
}

/** Writes down whatever the board's buttons change, after it is done: what only reads leaves no line. */
export function noteActs({ by, note, log }: ActNotes): AfterHook {
  return async (context, result) => {
    if (context.method !== 'get') {
      const status = result.status ?? 200;
      const outcome = status < 400 ? 'done' : `refused ${status}`;
      await note({ actor: by, ...actOf(context), outcome }).catch((error: unknown) =>
        log.warn('what an operator did could not be written down', {
          action: actOf(context).action,
          error: explain(error),
        }),
      );
    }
    return result;
  };
}

/** Of a job the id alone is the target: it begins with its event's, if it has one, and is found with that. */
function actOf({ method, route, request }: HookContext): Omit<OperatorAct, 'actor' | 'outcome'> {
  const { queueName, jobId, schedulerId, queueStatus } = (request?.params ?? {}) as Readonly<
    Record<string, string | undefined>
  >;
  const [noun, target] =
    schedulerId === undefined
      ? jobId === undefined
        ? ['queue', queueName ?? 'all queues']
        : ['job', jobId]
      : ['schedule', schedulerId];
  const words = route.split('/').filter((word) => word !== '' && !word.startsWith(':'));
  const last = words.slice(words.indexOf('queues') + 1).filter((word) => word !== 'job-schedulers');
  const verb = last.join('-') || (method === 'patch' ? 'update' : method);
  const facts = [
    noun !== 'queue' && queueName !== undefined ? `in the queue ${queueName}` : '',
    queueStatus ?? '',
  ].filter((fact) => fact !== '');
  return {
    action: `${noun}.${noun === 'job' && verb === 'clean' ? 'delete' : verb}`,
    target,
    ...(facts.length === 0 ? {} : { detail: facts.join(', ') }),
  };
}
