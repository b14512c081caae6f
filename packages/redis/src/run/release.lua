--- Puts a run back as if it had not begun.
--- @include runs
--- @keys    work
--- @args    suffix, run
--- @reply   released | lost

local field = 'runs' .. suffix
local runs = runsOf(workKey, field)
local place = placeOfRun(runs, run)
if not place then return 'lost' end
table.remove(runs, place)
writeRuns(workKey, field, runs)
return 'released'
