import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { integrations } from '../settings.ts';
import { PRIVATE_FOLDER, writeWhole } from './whole-file.ts';

/** Somebody who is told how business goes. */
export const User = z.object({
  /** Part of a file's name, hence the narrow alphabet. */
  id: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/, 'use letters, digits, - and _, at most 100'),
  name: z.string().trim().min(1).max(200),
  email: z.email(),
});
export type User = z.infer<typeof User>;

const usersDir = () => join(integrations().dataDir, 'users');
const fileOf = (id: string) => join(usersDir(), `${id}.json`);

/** Stores a user, in the place of the one with the same id: doing it again changes nothing. */
export async function putUser(user: User): Promise<void> {
  await writeWhole(fileOf(user.id), `${JSON.stringify(user)}\n`);
}

/** The ids of all users. */
export async function userIds(): Promise<string[]> {
  await mkdir(usersDir(), PRIVATE_FOLDER);
  const files = await readdir(usersDir());
  return files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
}

/** @returns undefined when there is none with this id */
export async function findUser(id: string): Promise<User | undefined> {
  try {
    return User.parse(JSON.parse(await readFile(fileOf(id), 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
