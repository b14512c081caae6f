const ADDRESS = /^(https?):\/\/((?:[^@/?#]*@)?(?:\[[^\]]*\]|[^:/?#]*))(:\d+)?([/?#].*)?$/s;

/** An address in which the escapes of some letters are decoded. */
export function withDecoded(url: string, letters: string): string {
  return url.replaceAll(/%([0-9a-f]{2})/gi, (escape, hex: string) => {
    const letter = String.fromCharCode(Number.parseInt(hex, 16));
    return letters.includes(letter) ? letter : escape;
  });
}

/** The ways to write an address: as it is, without its port, and with the one that its protocol has anyway. */
export function portVariants(url: string): readonly string[] {
  const match = ADDRESS.exec(url);
  if (match === null) return [url];
  const [, protocol = '', host = '', , rest = ''] = match;
  const standard = protocol === 'https' ? ':443' : ':80';
  return [...new Set([url, `${protocol}://${host}${rest}`, `${protocol}://${host}${standard}${rest}`])];
}
