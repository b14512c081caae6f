import { pausingRoute } from '../pausing.ts';

export default pausingRoute('pause', 'Stops a queue from giving out jobs; what runs already runs to its end');
