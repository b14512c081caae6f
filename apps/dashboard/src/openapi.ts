import { API_PATH } from '@hookline/http';
import { z } from 'zod';
import type { AnyRoute } from './route.ts';

/** The API's description in OpenAPI 3.1, made of the routes' own schemas. */
export function openapi(routes: readonly AnyRoute[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: "Hookline: the operators' API",
      version: '1',
      description:
        'What happened to webhooks, and what to do about it. Times are milliseconds since the epoch.',
    },
    servers: [{ url: API_PATH }],
    security: [{ key: [] }, { login: [] }],
    paths,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'One of API_KEY' },
        login: { type: 'http', scheme: 'basic', description: 'DASHBOARD_USER and DASHBOARD_PASSWORD' },
      },
      schemas: {
        Problem: {
          type: 'object',
          required: ['status', 'error', 'title'],
          properties: {
            status: { type: 'integer' },
            error: { type: 'string', description: 'Stable: scripts may compare it.' },
            title: { type: 'string' },
            detail: { type: 'string' },
          },
        },
      },
    },
  };
}

function operationOf(route: AnyRoute): object {
  const { method, path, says, query, body, answer, success = 200 } = route;
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  return {
    operationId: operationIdOf(method, path),
    summary: says,
    parameters: [
      ...names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...queryParameters(query),
    ],
    ...(body === undefined
      ? {}
      : { requestBody: { content: { 'application/json': { schema: schemaOf(body, 'input') } } } }),
    responses: {
      [success]: {
        description: 'What was asked for',
        content:
          answer === undefined
            ? { 'application/octet-stream': {} }
            : { 'application/json': { schema: schemaOf(answer, 'output') } },
      },
      default: {
        description: 'Why not',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

function queryParameters(query: z.ZodType | undefined): readonly object[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(query, 'input');
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema & {
    readonly $schema?: string;
  };
  return rest;
}

/** `getEventsId` */
function operationIdOf(method: string, path: string): string {
  const words = path.split('/').flatMap((part) => part.replace(':', '').split('-'));
  return (
    method.toLowerCase() +
    words
      .filter((word) => word !== '')
      .map((word) => word[0]?.toUpperCase() + word.slice(1))
      .join('')
  );
}
