import type { Problem } from '@hookline/http';
import { Heading } from './heading.tsx';
import { Notice } from './words.tsx';

/** Why what was asked for was not done. */
export function notDone({ title, detail }: Problem, back: string) {
  return (
    <>
      <Heading title={title} />
      <Notice tone="bad">
        {detail === undefined ? null : <p>{detail}</p>}
        <p>
          Nothing was changed. <a href={back}>Back</a>
        </p>
      </Notice>
    </>
  );
}
