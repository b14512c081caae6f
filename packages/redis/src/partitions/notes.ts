import type { AuditLine } from '@hookline/core';
import type { Partitions } from '../client/partitions.ts';
import * as notes from '../events/notes.ts';
import { answersOf, atHome } from './ask.ts';

/** Writes down what an operator did, or was to do. What a script does to an event or job it writes down beside it. */
export const noteAct = atHome(notes.noteAct);

/** The newest acts that nobody has recorded yet, newest first. */
export async function unrecordedAudit(partitions: Partitions, most: number): Promise<readonly AuditLine[]> {
  const lists = await answersOf(partitions, (partition) => notes.unrecordedAudit(partition, most));
  return lists
    .flat()
    .toSorted((a, b) => b.at - a.at)
    .slice(0, most);
}

/** The newest refusals that nobody has recorded yet, newest first. */
export const unrecordedRefusals = atHome(notes.unrecordedRefusals);
