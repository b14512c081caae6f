import { describe, expect, it } from '@jest/globals';
import { apiKeysSetting } from '../src/api-keys.ts';
import { Problems } from '../src/config-error.ts';
import { hooklineVersion } from '../src/version.ts';

describe('API_KEY', () => {
  it('is a list, without blanks', () => {
    const problems = new Problems();
    expect(apiKeysSetting({}, problems)).toEqual([]);
    const keys = apiKeysSetting({ API_KEY: ' first-key-of-16ch , ,second-key-of-16c' }, problems);
    expect(keys).toEqual(['first-key-of-16ch', 'second-key-of-16c']);
    expect(() => problems.throwIfAny()).not.toThrow();
  });

  it('refuses a key that could be guessed, without repeating it', () => {
    const problems = new Problems();
    apiKeysSetting({ API_KEY: 'first-key-of-16ch,short' }, problems);
    expect(() => problems.throwIfAny()).toThrow(/API_KEY: use at least 16 characters/);
    expect(() => problems.throwIfAny()).not.toThrow(/short/);
  });
});

describe('an API_KEY in production', () => {
  it('was taken however easy to guess', () => {
    const problemsOf = (API_KEY: string) => {
      const problems = new Problems();
      apiKeysSetting({ API_KEY, NODE_ENV: 'production' }, problems);
      return () => problems.throwIfAny();
    };
    expect(problemsOf('password12345678')).toThrow(/API_KEY: is easy to guess/);
    expect(problemsOf('hk_Zm9vYmFyLXJhbmRvbS0x')).not.toThrow();
  });
});

describe('the version', () => {
  it('is one', () => {
    expect(hooklineVersion()).toMatch(/^\d+\.\d+\.\d+$/);
  });
});
