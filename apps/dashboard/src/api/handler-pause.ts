import { handlerRoute } from '../handler-acts.ts';

export default handlerRoute('pause', 'Has the deliveries of a handler wait; no attempt is spent');
