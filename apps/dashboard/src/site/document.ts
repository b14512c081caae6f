import type { Identity } from '@hookline/http';
import type { ServerResponse } from 'node:http';
import type { ComponentChildren } from 'preact';
import { renderDocument, type Link } from '../kit/document.tsx';

/** Nothing on our own pages needs what Bull Board's does: no style or script but from files of ours. */
const STRICT =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

export interface SentDocument {
  /** The entry of the navigation that it belongs to. */
  readonly path: string;
  readonly title: string;
  readonly content: ComponentChildren;
  readonly status: number;
  readonly viewer: Identity;
}

export type SendDocument = (response: ServerResponse, document: SentDocument) => void;

/** @param links the groups of the navigation */
export function documentSender(links: readonly (readonly Link[])[]): SendDocument {
  return (response, { path, title, content, status, viewer }) => {
    const text = renderDocument({ title, path, links, viewer: `${viewer.name} · ${viewer.role}` }, content);
    response.setHeader('content-security-policy', STRICT);
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(text);
  };
}
