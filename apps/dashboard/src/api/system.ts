import type { ApiRoute } from '../page.ts';
import { warningsOf } from '../system-warnings.ts';

/** `GET /admin/api/system`: what the system page shows, for scripts. */
export default {
  path: '/system',
  async read({ system }) {
    const { state, problem } = await system.look();
    return {
      redis: problem === undefined ? 'ready' : 'away',
      ...(problem === undefined ? {} : { problem }),
      ...(state === undefined ? {} : { warnings: warningsOf(state), state }),
    };
  },
} satisfies ApiRoute;
