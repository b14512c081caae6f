/** A lock among processes: a folder that holds its owner's process id. A dead owner's lock is taken over. */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 200;
/** Between making the folder and writing the id into it lies a moment. */
const UNSIGNED_MS = 2_000;
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs `work` while no other process holds the lock.
 * @param {string} lock the folder
 * @param {number} patience milliseconds to wait for another process
 * @param {() => void | Promise<void>} work
 * @returns {Promise<boolean>} false when patience ran out and `work` was not run
 */
export async function withLock(lock, patience, work) {
  const deadline = Date.now() + patience;
  while (!take(lock)) {
    const owner = ownerOf(lock);
    if (!isHeld(lock, owner)) takeAway(lock, owner);
    else if (Date.now() > deadline) return false;
    else await sleep(POLL_MS);
  }
  const release = () => rmSync(lock, { recursive: true, force: true });
  // Who says that it failed ends the process, and who is tired of waiting does.
  process.once('exit', release);
  for (const signal of ENDING) process.once(signal, end);
  try {
    await work();
  } finally {
    release();
    process.off('exit', release);
    for (const signal of ENDING) process.off(signal, end);
  }
  return true;
}

function end() {
  process.exit(1);
}

function take(lock) {
  try {
    mkdirSync(lock);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  writeFileSync(join(lock, 'pid'), String(process.pid));
  return true;
}

/** Of several that find the same dead owner one renames it; a live owner caught by mistake is put back. */
function takeAway(lock, deadOwner) {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
    if (ownerOf(aside) === deadOwner) rmSync(aside, { recursive: true, force: true });
    else renameSync(aside, lock);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

/** @returns {string | undefined} the owner's process id, once it is written */
function ownerOf(lock) {
  try {
    return readFileSync(join(lock, 'pid'), 'utf8') || undefined;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isHeld(lock, owner) {
  if (owner === undefined) {
    const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
    return made === undefined || Date.now() - made < UNSIGNED_MS;
  }
  try {
    process.kill(Number(owner), 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
