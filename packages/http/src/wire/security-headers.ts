import helmet from 'helmet';
import type { Middleware } from './problem.ts';

/**
 * Headers that keep a page of ours from loading anything from elsewhere and from being framed. Not for webhooks:
 * no browser reads their answers. HTTPS is the business of whatever stands in front, so nothing here demands it:
 * a demand would lock out everyone who opens the dashboard over plain HTTP on their own machine.
 */
export function securityHeaders(): Middleware {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // With `no-referrer` a browser sends `Origin: null` with our own forms, and they look like another site's.
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: false,
  });
}
