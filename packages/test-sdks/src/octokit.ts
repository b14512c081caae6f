export { sign, verify } from '@octokit/webhooks-methods';
