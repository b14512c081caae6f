import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { NonRetryableError } from 'hookline';
import { integrations } from '../settings.ts';
import { PRIVATE_FILE, PRIVATE_FOLDER, replaceWhole } from './whole-file.ts';

/** No separator and no leading dot: nothing that leads out of the folder. */
const FILE_ID = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/;

/** Parsing happens in one go, and a process that is busy too long loses its jobs' locks. */
const READ_LIMIT = 20 * 1024 * 1024;

/** Where whoever takes uploads puts them. */
const uploadsDir = () => join(integrations().dataDir, 'uploads');

/**
 * The text of an uploaded file.
 * @throws NonRetryableError when there is no such file, it is none of the folder's own, or it has more than 20 MiB
 */
export async function readUpload(fileId: string, signal: AbortSignal): Promise<string> {
  const { path, size } = await findUpload(fileId);
  if (size > READ_LIMIT)
    throw new NonRetryableError(`'${fileId}' has more than ${READ_LIMIT} bytes: split it into several files`);
  return readFile(path, { encoding: 'utf8', signal });
}

/**
 * Writes `<fileId>.gz` beside an uploaded file; doing it again replaces it.
 * @throws NonRetryableError when there is no such file, or it is none of the folder's own
 */
export async function compressUpload(fileId: string, signal: AbortSignal) {
  const { path, size } = await findUpload(fileId);
  const resultId = `${fileId}.gz`;
  const target = join(uploadsDir(), resultId);
  await replaceWhole(target, (draft) =>
    pipeline(createReadStream(path), createGzip(), createWriteStream(draft, PRIVATE_FILE), { signal }),
  );
  return { resultId, size, compressedSize: (await stat(target)).size };
}

async function findUpload(fileId: string): Promise<{ path: string; size: number }> {
  const path = pathOf(fileId);
  await mkdir(uploadsDir(), PRIVATE_FOLDER);
  // lstat: a link may lead out of the folder too.
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  if (found?.isFile() === true) return { path, size: found.size };
  throw new NonRetryableError(`there is no file '${fileId}' in DATA_DIR/uploads`);
}

function pathOf(fileId: string): string {
  if (FILE_ID.test(fileId)) return join(uploadsDir(), fileId);
  throw new NonRetryableError(
    `${JSON.stringify(fileId)} names no upload: use letters, digits, -, _ and dots, but no dot first`,
  );
}
