import { issueStateRoute } from '../issue-acts.ts';

export default issueStateRoute('acknowledge', 'acknowledged', 'Somebody looks after it');
