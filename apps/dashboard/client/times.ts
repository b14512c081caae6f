/** Writes every time in the viewer's zone, with UTC in its title. */
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});

export function showLocalTimes(root: ParentNode): void {
  const today = day.format(new Date());
  for (const element of root.querySelectorAll<HTMLTimeElement>('time[datetime]')) {
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const date = day.format(at);
    element.title = `${element.dateTime} (UTC)`;
    element.textContent = date === today ? clock.format(at) : `${date}, ${clock.format(at)}`;
  }
}
