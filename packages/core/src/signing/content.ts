/** What a scheme's content template can name. */
export interface ContentParts {
  readonly body: Buffer;
  readonly timestamp: string | undefined;
  readonly id: string | undefined;
}

/**
 * The bytes that were signed. The body goes in as it came: decoding it would change what is not UTF-8.
 * @throws TypeError when the template names a part that the scheme has no source for: a mistake in a scheme
 */
export function signedContent(template: string, parts: ContentParts): Buffer {
  return Buffer.concat(template.split(/(\{\w+\})/).map((piece) => bytesOf(piece, parts)));
}

function bytesOf(piece: string, { body, timestamp, id }: ContentParts): Buffer {
  switch (piece) {
    case '{body}':
      return body;
    case '{timestamp}':
      return text(piece, timestamp);
    case '{id}':
      return text(piece, id);
    default:
      return Buffer.from(piece, 'utf8');
  }
}

function text(placeholder: string, value: string | undefined): Buffer {
  if (value === undefined)
    throw new TypeError(`the scheme signs ${placeholder} and does not say where it stands in a request`);
  return Buffer.from(value, 'utf8');
}
