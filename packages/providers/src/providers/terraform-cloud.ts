import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** What happened in a workspace. Runs come with a list of notifications, of one; assessments with details. */
export interface TerraformCloudPayload {
  readonly payload_version: number | string;
  readonly notification_configuration_id?: string;
  readonly run_id?: string | null;
  readonly run_url?: string | null;
  readonly workspace_id?: string | null;
  readonly workspace_name?: string | null;
  readonly organization_name?: string | null;
  readonly notifications?: readonly {
    readonly message: string;
    readonly trigger: string;
    readonly run_status?: string | null;
    readonly run_updated_at?: string | null;
    readonly run_updated_by?: string | null;
  }[];
  readonly trigger?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface TerraformCloudEvents {
  [trigger: string]: TerraformCloudPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    'terraform-cloud': TerraformCloudEvents;
  }
}

/** HCP Terraform and Terraform Enterprise sign the body alone, with SHA-512, where the notification has a token. */
const provider = defineProvider({
  name: 'terraform-cloud',
  docs: 'https://developer.hashicorp.com/terraform/cloud-docs/workspaces/settings/notifications',
  schemes: [hmacScheme({ header: 'x-tfe-notification-signature', hash: 'sha512' })],
  deliveryId: [
    {
      all: [
        { body: ['notification_configuration_id'] },
        { body: ['run_id'] },
        { body: ['notifications', '*', 'trigger'] },
        { body: ['notifications', '*', 'run_updated_at'] },
      ],
      joinedBy: ':',
    },
  ],
  type: [{ body: ['notifications', '*', 'trigger'] }, { body: ['trigger'] }],
  subject: [{ body: ['workspace_id'] }, { body: ['run_id'] }],
  secret: { prefix: '', encoding: 'hex' },
  samples: {
    'run:completed': { body: (seed) => run(seed, 'run:completed', 'Run Applied', 'applied') },
    'run:errored': { body: (seed) => run(seed, 'run:errored', 'Run Errored', 'errored') },
  },
});

export default provider;

/** Terraform's notifications by trigger: `terraformCloud('run:completed')`. */
export const terraformCloud = selectFrom(provider);

function run({ unique, iso }: SampleSeed, trigger: string, message: string, status: string) {
  return {
    payload_version: 1,
    notification_configuration_id: `nc-${unique}`,
    run_url: `https://app.terraform.io/app/engine/mill/runs/run-${unique}`,
    run_id: `run-${unique}`,
    run_message: 'Add a second mill',
    run_created_at: iso,
    run_created_by: 'ada',
    workspace_id: `ws-${unique}`,
    workspace_name: 'mill',
    organization_name: 'engine',
    notifications: [{ message, trigger, run_status: status, run_updated_at: iso, run_updated_by: 'ada' }],
  };
}
