import slow from '../../app/handlers/slow.ts';

export default { ...slow, queue: 'default' };
