import flaky from '../../app/handlers/flaky.ts';

export default { ...flaky, queue: 'patient' };
