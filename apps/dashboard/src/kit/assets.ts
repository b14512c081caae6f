import { NOT_FOUND, sendProblem, type Middleware } from '@hookline/http';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The application's folder, whether this runs compiled or not. */
const HOME = fileURLToPath(new URL('../..', import.meta.url));
const UPLOT = dirname(createRequire(import.meta.url).resolve('uplot'));
const SCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';

const FILES: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  'style.css': { file: join(HOME, 'assets/style.css'), type: STYLE },
  'uplot.css': { file: join(UPLOT, 'uPlot.min.css'), type: STYLE },
  'uplot.js': { file: join(UPLOT, 'uPlot.esm.js'), type: SCRIPT },
  'live.js': { file: join(HOME, 'dist/client/live.js'), type: SCRIPT },
  'times.js': { file: join(HOME, 'dist/client/times.js'), type: SCRIPT },
  'charts.js': { file: join(HOME, 'dist/client/charts.js'), type: SCRIPT },
};

/** Serves these few files and nothing else, from memory once each was read. */
export function createAssets(): Middleware {
  const read = new Map<string, { readonly bytes: Buffer; readonly tag: string }>();

  function load(name: string, file: string) {
    const known = read.get(name);
    if (known !== undefined) return known;
    const bytes = readFileSync(file);
    const loaded = { bytes, tag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 20)}"` };
    read.set(name, loaded);
    return loaded;
  }

  return (request, response) => {
    const name = (request.url ?? '').split('?')[0]?.slice(1) ?? '';
    const asset = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (asset === undefined || !isRead) return sendProblem(response, NOT_FOUND);
    const { bytes, tag } = load(name, asset.file);
    response.setHeader('cache-control', 'private, no-cache');
    response.setHeader('etag', tag);
    if (request.headers['if-none-match'] === tag) return void response.writeHead(304).end();
    response.writeHead(200, { 'content-type': asset.type, 'content-length': bytes.length }).end(bytes);
  };
}
