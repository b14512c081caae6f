import { describe, expect, it } from '@jest/globals';
import { bytesOf, countOf, spanOf } from '../../src/kit/amounts.ts';
import { html } from '../../src/kit/html.ts';

describe('html', () => {
  it('escapes every value, however deep, and nothing twice', () => {
    const evil = `<script>alert("1" + '2')</script> & more`;
    const inner = html`<b title="${evil}">${evil}</b>`;
    const safe = '&lt;script&gt;alert(&quot;1&quot; + &#39;2&#39;)&lt;/script&gt; &amp; more';
    expect(inner.text).toBe(`<b title="${safe}">${safe}</b>`);
    expect(html`<p>${[inner, [evil, 5]]}</p>`.text).toBe(`<p>${inner.text}${safe}5</p>`);
    expect(html`${0}-${''}`.text).toBe('0-');
  });
});

describe('amounts', () => {
  it('read as people say them', () => {
    expect([-5, 0, 1_400, 119_000, 121_000, 7_000_000, 8_000_000, 4 * 86_400_000].map(spanOf)).toEqual([
      '0 s',
      '0 s',
      '1 s',
      '119 s',
      '2 min',
      '117 min',
      '2 h',
      '4 days',
    ]);
    expect([0, 1_023, 1_024, 5.5 * 2 ** 20, 2 ** 30, 2 ** 60].map(bytesOf)).toEqual([
      '0 bytes',
      '1023 bytes',
      '1.0 KiB',
      '5.5 MiB',
      '1.0 GiB',
      '1048576.0 TiB',
    ]);
    expect([countOf(1, 'event'), countOf(2, 'event')]).toEqual(['1 event', '2 events']);
  });
});
