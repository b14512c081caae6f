import { describe, expect, it } from '@jest/globals';
import { canFetch, installAdvice, parseOsRelease, type Platform } from '../src/platform.ts';

const linux = (...family: string[]): Platform => ({
  os: 'linux',
  arch: 'x64',
  family,
  release: '1',
  root: false,
  hasApt: false,
});

describe('the advice on a system where nothing can be fetched', () => {
  it.each([
    ['macOS', { ...linux(), os: 'darwin' }, 'brew install redis'],
    ['FreeBSD', { ...linux(), os: 'freebsd' }, 'sudo pkg install -y redis'],
    ['Debian', linux('debian'), "sudo sh -c 'apt-get update && apt-get install -y redis-server'"],
    ['Linux Mint', linux('linuxmint', 'ubuntu', 'debian'), 'apt-get install -y redis-server'],
    ['Alpine', linux('alpine'), 'doas apk add redis'],
    ['Rocky', linux('rocky', 'rhel', 'centos', 'fedora'), 'dnf install -y valkey'],
    ['Arch', linux('arch'), 'sudo pacman -S --noconfirm valkey'],
    ['openSUSE', linux('opensuse-leap', 'suse', 'opensuse'), 'sudo zypper --non-interactive install redis'],
    ['NixOS', linux('nixos'), 'nix profile install nixpkgs#redis'],
    ['Windows', { ...linux(), os: 'win32' }, 'docker run'],
    ['an unknown Linux', linux('plan10'), 'docker run'],
  ] satisfies [string, Platform, string][])('names the one command for %s', (_name, platform, command) => {
    const advice = installAdvice(platform);
    expect(advice).toContain(command);
    expect(advice).toContain('REDIS_URL');
    expect(advice.match(/^ {2}\S/gm)).toHaveLength(1);
  });

  it('asks root for no sudo', () => {
    for (const family of ['debian', 'alpine', 'fedora', 'arch', 'suse'])
      expect(installAdvice({ ...linux(family), root: true })).not.toMatch(/sudo|doas/);
  });

  it('keeps the data of a Redis in Docker as safe as that of the embedded one', () => {
    const advice = installAdvice({ ...linux(), os: 'win32' });
    for (const part of [
      '127.0.0.1:6379:6379',
      '--appendfsync always',
      '--maxmemory-policy noeviction',
      '-v ',
    ])
      expect(advice).toContain(part);
  });
});

describe('fetching', () => {
  it('is for Debian, its relatives, and nobody without its tools', () => {
    expect(canFetch({ ...linux('debian'), hasApt: true })).toBe(true);
    expect(canFetch({ ...linux('pop', 'ubuntu', 'debian'), hasApt: true })).toBe(true);
    expect(canFetch(linux('debian'))).toBe(false);
    expect(canFetch({ ...linux('altlinux'), hasApt: true })).toBe(false);
    expect(canFetch({ ...linux('debian'), os: 'darwin', hasApt: true })).toBe(false);
  });
});

describe('os-release', () => {
  it('tells the distribution, its relatives and its release, quoted or not', () => {
    const text =
      'NAME="Rocky Linux"\nVERSION_ID="9.4"\nID="rocky"\nID_LIKE="rhel centos fedora"\nPRETTY_ID=x\n';
    expect(parseOsRelease(text)).toEqual({ family: ['rocky', 'rhel', 'centos', 'fedora'], release: '9.4' });
    expect(parseOsRelease('ID=arch\n')).toEqual({ family: ['arch'], release: '' });
    expect(parseOsRelease('')).toEqual({ family: [], release: '' });
  });
});
