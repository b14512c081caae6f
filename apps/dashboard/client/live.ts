/** What every page runs: times in the viewer's zone, and parts that stay up to date. */
import { drawCharts } from './charts.ts';
import { showLocalTimes } from './times.ts';

const EVERY_MS = 2_000;
/** While the server does not answer. */
const SLOWEST_MS = 30_000;

const place = `${location.pathname}${location.search}`;
let pause = EVERY_MS;

refreshView(document);
if (document.querySelector('[data-live]') !== null) setTimeout(follow, pause);

function refreshView(root: ParentNode): void {
  showLocalTimes(root);
  drawCharts(root);
}

async function follow(): Promise<void> {
  if (!document.hidden && !isUnderHand())
    pause = (await update()) ? EVERY_MS : Math.min(pause * 2, SLOWEST_MS);
  setTimeout(follow, pause);
}

/** Whoever marks text or has opened a menu keeps what they see. */
function isUnderHand(): boolean {
  const { activeElement } = document;
  const isTyping =
    activeElement?.closest('[data-live]') !== null && activeElement?.matches('input, select, textarea');
  return isTyping === true || getSelection()?.isCollapsed === false;
}

async function update(): Promise<boolean> {
  try {
    const response = await fetch(place, { headers: { accept: 'text/html' }, redirect: 'error' });
    if (!response.ok) return false;
    const next = new DOMParser().parseFromString(await response.text(), 'text/html');
    for (const part of document.querySelectorAll('[data-live]')) replace(part, next);
    return true;
  } catch {
    return false;
  }
}

/** @param next the page as it is now; a part that has not changed is left alone, with all that is open in it */
function replace(part: Element, next: Document): void {
  const fresh = next.getElementById(part.id);
  if (fresh === null || fresh.outerHTML === part.getAttribute('data-was')) return;
  const was = fresh.outerHTML;
  for (const open of part.querySelectorAll('details[open][id]'))
    fresh.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute('open', '');
  const known = new Set([...part.querySelectorAll('[data-key]')].map((row) => row.getAttribute('data-key')));
  if (part.hasAttribute('data-was'))
    for (const row of fresh.querySelectorAll('[data-key]'))
      if (!known.has(row.getAttribute('data-key'))) row.classList.add('fresh');
  fresh.setAttribute('data-was', was);
  part.replaceWith(fresh);
  refreshView(fresh);
}
