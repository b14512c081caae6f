import { issueStateRoute } from '../issue-acts.ts';

export default issueStateRoute('ignore', 'ignored', 'It is known and does not matter');
