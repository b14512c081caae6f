--- What an operator did, for whoever records it: in the step that does it, so that neither is there without the other.
--- `act`: as JSON; empty where nobody in person asked for it.

local MOST_ACTS = 10000

local function noteAct(act)
  if act ~= '' then redis.call('XADD', auditKeyOf(), 'MAXLEN', '~', MOST_ACTS, '*', 'act', act) end
end
