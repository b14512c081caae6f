import { handlerRoute } from '../handler-acts.ts';

export default handlerRoute(
  'resume',
  'Lets a handler go on that is paused, with what waited for it, or whose brake is on, more and more of it',
);
