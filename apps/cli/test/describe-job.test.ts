import { describe, expect, it } from '@jest/globals';
import type { JobRecord } from '@hookline/core';
import { describeJob } from '../src/jobs/describe.ts';

const time = Date.UTC(2026, 10, 22, 12);
const step = (number: number) => ({ step: number, timestamp: time, processingTime: 5, data: number });
const job: JobRecord = {
  id: 'a',
  name: 'talks',
  status: 'processing',
  created: time,
  updated: time,
  data: null,
  output: [],
};

describe('a job for people', () => {
  it.each([
    [[step(1)], undefined, /data: null\n {2}step 1: 2026-11-22T12:00:00\.000Z, after 5 ms/],
    [[step(2)], true, / {2}step 1 is not shown \(docs\/jobs\.md\)\n {2}step 2: /],
    [[step(151)], true, / {2}steps 1 to 150 are not shown/],
    [[], true, / {2}its steps are no longer kept/],
  ] as const)('says which steps are missing: %j', (output, outputTruncated, says) => {
    const text = describeJob({
      ...job,
      output,
      ...(outputTruncated === undefined ? {} : { outputTruncated }),
    });
    expect(text).toMatch(says);
  });
});
