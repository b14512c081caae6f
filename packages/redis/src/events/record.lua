--- What was written of an event as it came in; see record.ts.

local EARLIER_FACTS = { 'receivedAt', 'source', 'provider', 'type', 'providerId', 'verifiedAt', 'pieces', 'sha256',
  'bodyTrusted', 'priority' }
local IS_TEXT = { source = true, provider = true, type = true, providerId = true, sha256 = true }
local UNSAID = { pieces = '1', priority = '0', bodyTrusted = '0' }

-- Earlier versions kept each fact, and the headers, as a field of its own.
local function earlierRecordOf(eventKey)
  local values, facts = redis.call('HMGET', eventKey, 'headers', unpack(EARLIER_FACTS)), {}
  if not values[3] then return nil end
  for i, name in ipairs(EARLIER_FACTS) do
    local value = values[i + 1] or UNSAID[name] or ''
    facts[i] = IS_TEXT[name] and cjson.encode(value) or tostring(tonumber(value) and value or 0)
  end
  local line = '[' .. table.concat(facts, ',') .. ']'
  return values[1] and line .. '\n' .. values[1] or line
end

-- Nothing when Redis does not hold the event.
local function recordOf(eventKey) return redis.call('HGET', eventKey, 'record') or earlierRecordOf(eventKey) end

local function factsLineOf(eventKey) return string.match(recordOf(eventKey) or '', '^[^\n]*') end

-- JavaScript writes half a character as `\\ud800`, which cjson does not read.
local function wholeCharacter(escaped) return string.find(escaped, '^\\ud%x%x%x$') and '\239\191\189' or escaped end

-- What a line says; half characters are as a digest of the text has them in JavaScript.
local function factsIn(line) return cjson.decode((string.gsub(line, '\\.d?[89a-f]?%x?%x?', wholeCharacter))) end

local function receivedAtOf(eventKey) return string.match(recordOf(eventKey), '^%[(%d+)') end

-- Source, provider and type.
local function kindOf(eventKey)
  local line = factsLineOf(eventKey)
  if line == '' then return nil end
  local facts = factsIn(line)
  return facts[2], facts[3], facts[4]
end

local function piecesOf(eventKey)
  local line = factsLineOf(eventKey)
  return line == '' and 1 or factsIn(line)[7]
end
