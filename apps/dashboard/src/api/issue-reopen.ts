import { issueStateRoute } from '../issue-acts.ts';

export default issueStateRoute('reopen', 'open', 'It needs somebody again');
