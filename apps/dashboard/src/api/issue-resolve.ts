import { issueStateRoute } from '../issue-acts.ts';

export default issueStateRoute('resolve', 'resolved', 'It is mended; it opens again when it comes back');
