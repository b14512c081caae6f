--- A body that was sent ahead of the event that it belongs to, in pieces.

-- The hash with the pieces becomes the event's own. An error when not all of them were kept.
local function takeStaged(token, pieces, eventKey)
  if redis.call('HLEN', stagedKeyOf(token)) ~= tonumber(pieces) then error('a piece of the body was not kept', 0) end
  redis.call('RENAME', stagedKeyOf(token), eventKey)
  redis.call('PERSIST', eventKey)
end
