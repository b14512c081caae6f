--- Notes by which rule each source's events get their subjects, and says since when it is another one than before, in
--- milliseconds since the epoch: 0 where it never was. Receivers of both rules change it back and forth while both run.
--- @include clock
--- @keys   subjectRules
--- @each   sources: name, rule
--- @reply  changedAt

local changedAt = {}
for i, source in ipairs(sources) do
  local noted = redis.call('HGET', subjectRulesKey, source.name)
  local since, rule = string.match(noted or '', '^(%d+) (.*)$')
  if rule ~= source.rule then
    since = noted and string.format('%.0f', millisecondsNow()) or '0'
    redis.call('HSET', subjectRulesKey, source.name, since .. ' ' .. source.rule)
  end
  changedAt[i] = since
end
return changedAt
