/** What a look at one thing found. Nothing in it is a secret. */
export interface Finding {
  /** `wrong`: something is lost, or will be; `note`: somebody should know. */
  readonly level: 'ok' | 'note' | 'wrong';
  readonly says: string;
  /** What to do about it. */
  readonly mend?: string;
}

export const ok = (says: string): Finding => ({ level: 'ok', says });
export const note = (says: string, mend: string): Finding => ({ level: 'note', says, mend });
export const wrong = (says: string, mend: string): Finding => ({ level: 'wrong', says, mend });
