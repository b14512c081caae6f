const WEB = ['https:', 'http:'] as const;

/** What the shop's integrations are told; rows like those of packages/process. */
export const SHOP_SETTINGS = [
  {
    key: 'SMTP_URL',
    kind: 'url',
    protocols: ['smtp:', 'smtps:'],
    for: ['worker'],
    standard: '`DATA_DIR/outbox`',
    says: 'where receipts go; without it they are written to the outbox',
  },
  {
    key: 'MAIL_FROM',
    kind: 'text',
    default: 'Hookline <receipts@localhost>',
    for: ['worker'],
    says: 'who sends receipts',
  },
  { key: 'CRM_URL', kind: 'url', protocols: WEB, for: ['worker'], says: 'the CRM that customers go to' },
  { key: 'CRM_TOKEN', kind: 'text', for: ['worker'], says: 'what it is asked with' },
  {
    key: 'PARTNER_URL',
    kind: 'url',
    protocols: WEB,
    for: ['worker'],
    says: 'a partner that is told of orders',
  },
  {
    key: 'SLACK_WEBHOOK_URL',
    kind: 'url',
    protocols: WEB,
    for: ['worker'],
    says: 'a channel that is told of trouble',
  },
] as const;
