import { setup } from 'xstate'

export const toggle = setup({ types: {} as { events: { type: 'FLIP' } } }).createMachine({
  id: 'toggle',
  initial: 'off',
  states: { off: { on: { FLIP: 'on' } }, on: { on: { FLIP: 'off' } } },
})
