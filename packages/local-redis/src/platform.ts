import { readFileSync } from 'node:fs';
import { onPath, withSystemPath, type Environment } from './run.ts';

/** What decides how a Redis can be had on this machine. */
export interface Platform {
  readonly os: NodeJS.Platform;
  readonly arch: string;
  /** Linux distribution and its relatives, from os-release's ID and ID_LIKE: `['ubuntu', 'debian']`. */
  readonly family: readonly string[];
  /** os-release's VERSION_ID: `12`, `24.04`. */
  readonly release: string;
  readonly root: boolean;
  readonly hasApt: boolean;
}

const DOCKER =
  'docker run -d --name hookline-redis -p 127.0.0.1:6379:6379 -v hookline-redis:/data redis:7 redis-server --appendonly yes --appendfsync always --maxmemory-policy noeviction';

/** Whether Debian's package tools can give us a server without root. */
export function canFetch(platform: Platform): boolean {
  return platform.os === 'linux' && platform.hasApt && isOf(platform, 'debian', 'ubuntu');
}

/** What to do when no server is here and none can be fetched: one command, then the way around it. */
export function installAdvice(platform: Platform): string {
  const install = installCommand(platform);
  if (install !== undefined)
    return `Install one with\n  ${install}\nand run this again, or set REDIS_URL to a Redis that you run.`;
  return `Start one with\n  ${DOCKER}\nand set REDIS_URL=redis://127.0.0.1:6379, or set REDIS_URL to a Redis that you run.`;
}

function installCommand(platform: Platform): string | undefined {
  const sudo = platform.root ? '' : 'sudo ';
  switch (platform.os) {
    case 'darwin':
      return 'brew install redis';
    case 'freebsd':
      return `${sudo}pkg install -y redis`;
    case 'linux':
      break;
    default:
      return undefined;
  }
  if (isOf(platform, 'debian', 'ubuntu'))
    return `${sudo}sh -c 'apt-get update && apt-get install -y redis-server'`;
  if (isOf(platform, 'alpine')) return platform.root ? 'apk add redis' : 'doas apk add redis';
  // Fedora 41 and RHEL 10 carry only Valkey, RHEL 8 only Redis.
  if (isOf(platform, 'fedora', 'rhel', 'centos', 'amzn'))
    return `${sudo}sh -c 'dnf install -y valkey || dnf install -y redis || yum install -y redis'`;
  if (isOf(platform, 'arch')) return `${sudo}pacman -S --noconfirm valkey`;
  if (isOf(platform, 'suse', 'opensuse')) return `${sudo}zypper --non-interactive install redis`;
  if (isOf(platform, 'nixos')) return 'nix profile install nixpkgs#redis';
  return undefined;
}

function isOf(platform: Platform, ...names: string[]): boolean {
  return names.some((name) => platform.family.includes(name));
}

/** Looks at this machine. Only tools may come from outside the caller's PATH, never a server. */
export function readPlatform(env: Environment): Platform {
  return {
    os: process.platform,
    arch: process.arch,
    ...parseOsRelease(readOsRelease()),
    root: process.getuid?.() === 0,
    hasApt: ['apt-get', 'apt-cache', 'dpkg', 'ldd'].every(
      (name) => onPath(name, withSystemPath(env)).length > 0,
    ),
  };
}

/** Reads the lines of an os-release file that matter here. */
export function parseOsRelease(text: string): Pick<Platform, 'family' | 'release'> {
  const value = (key: string) =>
    new RegExp(`^${key}=["']?([^"'\\n]*)["']?\\s*$`, 'm').exec(text)?.[1]?.trim() ?? '';
  return {
    family: `${value('ID')} ${value('ID_LIKE')}`.split(/\s+/).filter((name) => name !== ''),
    release: value('VERSION_ID'),
  };
}

function readOsRelease(): string {
  for (const file of ['/etc/os-release', '/usr/lib/os-release']) {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      continue;
    }
  }
  return '';
}
