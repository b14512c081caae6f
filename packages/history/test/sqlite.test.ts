import { NO_LOG } from '@hookline/core';
import { historySuite } from '@hookline/testing';
import { describe, it } from '@jest/globals';
import { rmSync } from 'node:fs';
import { openHistory } from '../src/index.ts';
import { SqlHistory } from '../src/sql/history.ts';
import { SqliteStore } from '../src/sqlite/store.ts';
import { temporaryFolder } from './support.ts';

describe('the history in a file', () => {
  const open = async () => {
    const folder = temporaryFolder();
    const port = new SqlHistory(new SqliteStore(`${folder}/history.db`));
    return { port, close: () => port.close().then(() => rmSync(folder, { recursive: true })) };
  };
  for (const { name, check } of historySuite(open)) it(name, check);
});

describe('the history in a file, in threads', () => {
  const open = async () => {
    const folder = temporaryFolder();
    const port = await openHistory({ folder }, { log: NO_LOG });
    return { port, close: () => port.close().then(() => rmSync(folder, { recursive: true })) };
  };
  for (const { name, check } of historySuite(open)) it(name, check);
});
