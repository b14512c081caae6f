/** The thread in which a history's file is open: SQLite answers at once, and blocks whoever asks. */
import { parentPort, workerData } from 'node:worker_threads';
import { SqlHistory } from '../sql/history.ts';
import { serve } from './channel.ts';
import { SqliteStore } from './store.ts';

const { file } = workerData as { readonly file: string };
if (parentPort !== null) serve(parentPort, () => new SqlHistory(new SqliteStore(file)));
