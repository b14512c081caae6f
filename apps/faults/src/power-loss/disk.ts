import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const MEGABYTES = 96;
const MOST_COPIES = 10;

/** A disk of our own: an ext4 file system in a file, mounted over a loop device. */
export interface Disk {
  /** Where it is mounted. */
  readonly dir: string;
  /**
   * Takes a copy of what the disk itself has been given so far, as a power cut leaves it: what waits in the page
   * cache of the file system upon it is not in the file.
   */
  cut(): Image;
  /** Unmounts it, which frees the loop device, and deletes it. Nobody may use it any more. */
  close(): void;
}

export interface Image {
  /** Milliseconds until it was taken. A sync that was under way at the cut has ended meanwhile, and is in it. */
  readonly copyMs: number;
  /** Mounts it: the file system replays its journal. */
  mount(): Disk;
}

/** Makes an empty disk. @param folder on a tmpfs, so that copying takes no time */
export function makeDisk(folder: string, name: string): Disk {
  const file = join(folder, `${name}.img`);
  writeFileSync(file, '');
  truncateSync(file, MEGABYTES * 1024 * 1024);
  // All of it at once: nothing of the file system itself is written later, in the background.
  run('mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0', file);
  return mountDisk(file);
}

function mountDisk(file: string): Disk {
  const dir = file.replace(/\.img$/, '');
  mkdirSync(dir);
  run('mount', '-o', 'loop', file, dir);
  return {
    dir,
    cut() {
      const copy = `${dir}-cut.img`;
      const from = performance.now();
      copyUnwritten(file, copy, dir);
      return { copyMs: performance.now() - from, mount: () => mountDisk(copy) };
    },
    close() {
      // Lazily: a child of a killed server may still hold it for a moment.
      run('umount', '--lazy', dir);
      rmSync(dir, { recursive: true });
      rmSync(file);
    },
  };
}

/** Copies until nothing was written to the disk meanwhile: otherwise the copy would be of no one instant. */
function copyUnwritten(file: string, copy: string, dir: string): void {
  for (let copies = 0; copies < MOST_COPIES; copies += 1) {
    const before = writesTo(dir);
    run('cp', '--reflink=never', file, copy);
    if (writesTo(dir) === before) return;
  }
  throw new Error(`${dir} was written to during each of ${MOST_COPIES} copies of it`);
}

/** The kernel's figures on writes to the device below a folder: done, merged, sectors; and requests under way. */
function writesTo(dir: string): string {
  const { dev } = statSync(dir);
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
  const figures = readFileSync(`/sys/dev/block/${major}:${minor}/stat`, 'utf8').trim().split(/\s+/);
  return [...figures.slice(4, 7), figures[8]].join(' ');
}

/**
 * Sees that a cut is one: a synced file outlives it, one that is not synced does not.
 * @throws Error when the figures of this machine would mean nothing
 */
export function proveCut(folder: string): void {
  const disk = makeDisk(folder, 'proof');
  writeFileSync(join(disk.dir, 'unsynced'), 'kept');
  const synced = openSync(join(disk.dir, 'synced'), 'w');
  writeSync(synced, 'kept');
  fsyncSync(synced);
  closeSync(synced);
  const left = disk.cut().mount();
  const isKept = (name: string): boolean => {
    try {
      return readFileSync(join(left.dir, name), 'utf8') === 'kept';
    } catch {
      return false;
    }
  };
  const [wasSynced, wasNot] = [isKept('synced'), isKept('unsynced')];
  left.close();
  disk.close();
  if (!wasSynced)
    throw new Error('a file that was synced is not in the copied image: no power cut can be played here');
  if (wasNot)
    throw new Error('a file that was never synced is in the copied image: no power cut can be played here');
}

/** @throws Error with what the command said */
function run(command: string, ...args: readonly string[]): void {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (cause) {
    const { stderr } = Object(cause) as Readonly<Record<string, unknown>>;
    const said = String(stderr ?? '').trim();
    const advice =
      command === 'mount' ? '; a container needs --privileged to mount and to use loop devices' : '';
    throw new Error(`${[command, ...args].join(' ')} failed: ${said || String(cause)}${advice}`, { cause });
  }
}
