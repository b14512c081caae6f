import { afterEach, describe, expect, it } from '@jest/globals';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readLocalRedis, removeLocalRedis, writeLocalRedis } from '../src/address.ts';
import { cleanUp, temporaryFolder } from './support.ts';

afterEach(cleanUp);

const address = { url: 'redis://:secret@127.0.0.1:20001', pid: 4711 };

describe('redis.json', () => {
  it('is read as it was written, by its owner only', () => {
    const dataDir = temporaryFolder();
    writeLocalRedis(dataDir, address);
    expect(readLocalRedis(dataDir)).toEqual(address);
    expect(statSync(join(dataDir, 'redis.json')).mode & 0o777).toBe(0o600);
  });

  it('is nothing where no Redis was started', () => {
    expect(readLocalRedis(temporaryFolder())).toBeUndefined();
    expect(readLocalRedis('/no/such/folder')).toBeUndefined();
  });

  it.each([
    '',
    'nonsense',
    '[]',
    'null',
    '{}',
    '{"url":"redis://x"}',
    '{"url":"http://x","pid":1}',
    '{"url":"redis://x","pid":0}',
  ])('is refused, by name and with what to do, when it holds %j', (content) => {
    const dataDir = temporaryFolder();
    writeFileSync(join(dataDir, 'redis.json'), content);
    expect(() => readLocalRedis(dataDir)).toThrow(/redis\.json does not hold .* Delete it and start/);
  });

  it('is taken away only by the one whose server it names', () => {
    const dataDir = temporaryFolder();
    writeLocalRedis(dataDir, address);
    removeLocalRedis(dataDir, 1);
    expect(readLocalRedis(dataDir)).toEqual(address);
    removeLocalRedis(dataDir, address.pid);
    expect(readLocalRedis(dataDir)).toBeUndefined();
  });
});
