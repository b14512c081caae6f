--- Writes down what an operator did, where that was no script of ours.
--- @include acts
--- @args    act
--- @reply   ok

noteAct(act)
return 'ok'
