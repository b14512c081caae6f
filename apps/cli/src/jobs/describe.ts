import type { JobRecord } from '@hookline/core';

/** One job for people: where it is, what it was given, each of its steps, and what came of it. */
export function describeJob(job: JobRecord): string {
  const { id, name, status, created, updated, runAt, priority, attempt, maxAttempts, error, output } = job;
  const facts = {
    name,
    status,
    created: timeOf(created),
    updated: timeOf(updated),
    ...(runAt === undefined ? {} : { runAt: timeOf(runAt) }),
    ...(priority === undefined ? {} : { priority }),
    ...(attempt === undefined ? {} : { attempt: `${attempt} of ${maxAttempts ?? '?'}` }),
  };
  return [
    id,
    ...Object.entries(facts).map(([fact, value]) => `  ${fact}: ${value}`),
    ...(job.metadata === undefined ? [] : [`  metadata: ${shown(job.metadata)}`]),
    `  data: ${shown(job.data)}`,
    ...(job.outputTruncated === true ? [`  ${missingOf(output)} (docs/jobs.md)`] : []),
    ...output.map(
      ({ step, timestamp, processingTime, data }) =>
        `  step ${step}: ${timeOf(timestamp)}, after ${processingTime} ms\n    ${indented(shown(data))}`,
    ),
    ...(job.result === undefined ? [] : [`  result: ${shown(job.result)}`]),
    ...(error === undefined ? [] : [`  error: ${error.name}: ${indented(error.message)}`]),
  ].join('\n');
}

function missingOf([first]: JobRecord['output']): string {
  if (first === undefined) return 'its steps are no longer kept';
  return first.step === 2 ? 'step 1 is not shown' : `steps 1 to ${first.step - 1} are not shown`;
}

function timeOf(time: number): string {
  return new Date(time).toISOString();
}

function shown(value: unknown): string {
  return indented(JSON.stringify(value, null, 2) ?? 'null');
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n  ');
}
