import second from '../../app/handlers/second.ts';

export default { ...second, queue: 'post' };
