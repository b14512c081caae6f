import charge from '../../app/handlers/charge.ts';

export default { ...charge, queue: 'money' };
