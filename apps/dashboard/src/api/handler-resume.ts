import { handlerRoute } from '../handler-acts.ts';

export default handlerRoute('resume', 'Lets a paused handler go on, with what waited for it');
