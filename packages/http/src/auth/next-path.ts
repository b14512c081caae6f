/** What an address is read against; nothing is ever asked of it. */
const ORIGIN = 'http://hookline.invalid';
const LONGEST = 2_000;
/** What browsers read as a slash, or leave out before they read an address. */
const TREACHEROUS = /[\\\p{Cc}\s]/u;
/** These lead back to the login. */
const OF_THE_LOGIN = /^\/admin\/log(?:in|out)(?:[/?]|$)/i;

/**
 * Where to go on after the login: a path of this site, whatever was asked for.
 * @param asked what stands in the address or the form; anybody can make a link with it
 * @returns it as browsers read it, or `home` where it leads elsewhere, back to the login, or nowhere
 */
export function nextPath(asked: string | null | undefined, home: string): string {
  if (!asked?.startsWith('/') || asked.length > LONGEST || TREACHEROUS.test(asked)) return home;
  if (!URL.canParse(asked, ORIGIN)) return home;
  const { origin, pathname, search } = new URL(asked, ORIGIN);
  // `/.//elsewhere` becomes `//elsewhere`, which is another host.
  const leadsAway = origin !== ORIGIN || pathname.startsWith('//');
  return leadsAway || OF_THE_LOGIN.test(pathname) ? home : pathname + search;
}
