export { verifySlackRequest } from '@slack/bolt';
