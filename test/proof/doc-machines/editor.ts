import { setup } from 'xstate'

/** Help can be opened anywhere. It returns to the page, or to the very field, that was left. */
export const editor = setup({
  types: {} as {
    events:
      | { type: 'NEXT' }
      | { type: 'FIELD' }
      | { type: 'HELP' }
      | { type: 'TO_PAGE' }
      | { type: 'TO_FIELD' }
  },
}).createMachine({
  id: 'editor',
  initial: 'editing',
  states: {
    editing: {
      initial: 'text',
      on: { HELP: 'helping' },
      states: {
        text: {
          initial: 'title',
          on: { NEXT: 'pictures' },
          states: { title: { on: { FIELD: 'body' } }, body: { on: { FIELD: 'title' } } },
        },
        pictures: { on: { NEXT: 'text' } },
        lastPage: { type: 'history' },
        lastField: { type: 'history', history: 'deep' },
      },
    },
    helping: { on: { TO_PAGE: 'editing.lastPage', TO_FIELD: 'editing.lastField' } },
  },
})
