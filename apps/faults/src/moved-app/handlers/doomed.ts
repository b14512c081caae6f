import doomed from '../../app/handlers/doomed.ts';

export default { ...doomed, queue: 'patient' };
