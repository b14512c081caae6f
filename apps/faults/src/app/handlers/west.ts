import { fourfold } from '../fourfold.ts';

export default fourfold('west');
