import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findReceiver, publishReceiver, withdrawReceiver } from '../src/receiver-address.ts';

const url = 'http://127.0.0.1:3000';
let dataDir = '';
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'hookline-address-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

describe('the receiver’s address', () => {
  it('is found from when it is published until it is withdrawn', () => {
    expect(findReceiver(dataDir)).toBeUndefined();
    publishReceiver(dataDir, url);
    expect(findReceiver(dataDir)).toBe(url);
    withdrawReceiver(dataDir);
    expect(findReceiver(dataDir)).toBeUndefined();
    withdrawReceiver(dataDir);
  });

  it('is not believed once its supervisor is dead', () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    writeFileSync(join(dataDir, 'receiver.json'), JSON.stringify({ url, pid }));
    expect(findReceiver(dataDir)).toBeUndefined();
  });

  it.each(['', '{', '{}', 'null', JSON.stringify({ url })])(
    'is not found in a file that holds %j',
    (text) => {
      writeFileSync(join(dataDir, 'receiver.json'), text);
      expect(findReceiver(dataDir)).toBeUndefined();
    },
  );
});
