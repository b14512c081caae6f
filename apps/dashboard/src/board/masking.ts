/** What a masked value reads. A job's data holding it must never be written back: the value would be lost. */
export const MASK = '[hidden by the dashboard]';

const SECRET_KEY = /authorization|cookie|secret|password|token|api[-_]?key/i;

/** A copy of job data in which every value under a key that names a secret is hidden, however deep. */
export function maskSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      SECRET_KEY.test(key) && !isBlank(inner) ? MASK : maskSecrets(inner),
    ]),
  );
}

export function holdsMask(value: unknown): boolean {
  return JSON.stringify(value ?? null).includes(MASK);
}

function isBlank(value: unknown): boolean {
  return value === null || value === undefined || value === '';
}
