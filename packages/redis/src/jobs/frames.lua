--- Frames of a job's stream, as XRANGE gives them: an id, and fields by name and value in turn.

local function bytesOf(fields)
  local bytes = 0
  for _, text in ipairs(fields) do bytes = bytes + #tostring(text) end
  return bytes
end

-- The number of the step that a frame tells of, nil of another frame.
local function stepOf(fields)
  for i = 1, #fields, 2 do
    if fields[i] == 'step' then return tonumber(fields[i + 1]) end
  end
end
