import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { renderPage } from '../../src/board/page.ts';

const require = createRequire(import.meta.url);
const packaged = readFileSync(
  join(dirname(require.resolve('@bull-board/ui/package.json')), 'dist/index.ejs'),
  'utf8',
);

describe('renderPage', () => {
  it("fills in Bull Board's page and leaves out what would come from another host", () => {
    expect(packaged).toContain('https://');
    const page = renderPage(packaged, {
      title: 'Hook & <line>',
      basePath: '/admin/queues/',
      uiConfig: '{"a":"b"}',
    });
    expect(page).toContain('<title>Hook &amp; &lt;line&gt;</title>');
    expect(page).toContain('<base href="/admin/queues/" />');
    expect(page).toContain('<script id="__UI_CONFIG__" type="application/json">{"a":"b"}</script>');
    expect(page).toContain('static/css/main.');
    expect(page).not.toMatch(/https?:/);
    expect(page).not.toContain('<%');
  });

  it.each([
    [
      '<script src="https://cdn.example/x.js"></script>',
      /load src="https:\/\/cdn\.example\/x\.js" from elsewhere/,
    ],
    ['<img src="//cdn.example/x.png">', /from elsewhere/],
    ['<% if (x) { %>yes<% } %>', /template tag that is not understood/],
  ])('refuses a page it cannot answer for: %s', (template, message) => {
    expect(() => renderPage(template, {})).toThrow(message);
  });
});
