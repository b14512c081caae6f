/** Why cases mean nothing on some set-ups. */
const NOBODY = 'no server has another that takes its place';

/** For cases of which one is that a replica takes over by itself. */
export const NOBODY_TAKES_OVER = { single: NOBODY, partitions: NOBODY, urls: NOBODY } as const;

const ONLY = 'there is one server';

/** For cases that are about one server of several. */
export const ONE_SERVER = { single: ONLY, partitions: ONLY } as const;

const HEALED = 'a replica has it whole, and what was damaged may be replaced by it, or not';

/** For cases that damage what one server has on its disk. */
export const REPLICA_IS_WHOLE = { cluster: HEALED, sentinel: HEALED } as const;
