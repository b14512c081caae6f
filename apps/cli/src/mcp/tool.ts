import type { EventLog } from '@hookline/operations';
import type { z } from 'zod';
import type { CliConfig } from '../config.ts';

/** What a tool answers from. */
export interface ToolContext {
  readonly log: EventLog;
  readonly config: CliConfig;
  /** Whether what came in may be shown: payloads and headers. */
  readonly seesPayloads: boolean;
  /** As whom the audit names who acts. */
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What a tool found, or why it could not do what was asked, in words that say what to do. */
export type ToolAnswer =
  | { readonly kind: 'data'; readonly data: unknown }
  | { readonly kind: 'problem'; readonly problem: string };

export interface Tool {
  readonly name: string;
  readonly says: string;
  /** Whether it changes something. */
  readonly isAction: boolean;
  readonly input: z.ZodObject;
  answerTo(context: ToolContext, input: unknown): Promise<ToolAnswer>;
}

/** A tool whose input is read by its own shape. */
export function defineTool<Shape extends z.ZodRawShape>(tool: {
  readonly name: string;
  readonly says: string;
  readonly isAction: boolean;
  readonly input: z.ZodObject<Shape>;
  answerTo(context: ToolContext, input: z.infer<z.ZodObject<Shape>>): Promise<ToolAnswer>;
}): Tool {
  return {
    ...tool,
    answerTo: (context, input) => tool.answerTo(context, tool.input.parse(input)),
  };
}
