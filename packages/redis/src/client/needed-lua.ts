/**
 * Leaves out of shared pieces what a script does not use: a Lua function holds 200 local variables at most, and Redis
 * reads the whole text of a script when it first sees it.
 * @param pieces Lua of nothing but definitions at the outermost level, in the order in which they build on each other
 * @param script Lua that uses them
 */
export function neededOf(pieces: readonly string[], script: string): string {
  const definitions = pieces.flatMap(definitionsIn);
  const used = new Set(wordsIn(script));
  const kept = new Set<Definition>();
  // What is used may use more; each round finds at least one definition, or is the last.
  for (let before = -1; before !== kept.size;) {
    before = kept.size;
    for (const definition of definitions) {
      if (kept.has(definition) || !definition.names.some((name) => used.has(name))) continue;
      kept.add(definition);
      for (const word of wordsIn(definition.lua)) used.add(word);
    }
  }
  return definitions
    .filter((definition) => kept.has(definition))
    .map(({ lua }) => lua)
    .join('\n');
}

interface Definition {
  readonly names: readonly string[];
  readonly lua: string;
}

const DEFINES = /^local (?:function (\w+)|([\w, ]+?)(?: =|$))/;

/** @throws Error for a piece that does something by itself */
function definitionsIn(piece: string): readonly Definition[] {
  const definitions: { names: readonly string[]; lines: string[] }[] = [];
  for (const line of piece.split('\n')) {
    if (line.startsWith('--') || line.trim() === '') continue;
    const [isNew, name, variables] = DEFINES.exec(line) ?? [];
    const last = definitions.at(-1);
    if (isNew !== undefined)
      definitions.push({ names: name === undefined ? (variables ?? '').split(', ') : [name], lines: [line] });
    else if (last !== undefined && /^[\s})]|^end\b/.test(line)) last.lines.push(line);
    else throw new Error(`a piece of Lua may only define what scripts use, and this does something: ${line}`);
  }
  return definitions.map(({ names, lines }) => ({ names, lua: lines.join('\n') }));
}

function wordsIn(lua: string): readonly string[] {
  return lua.match(/[A-Za-z_]\w*/g) ?? [];
}
