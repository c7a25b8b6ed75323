import type { Chat } from '../actors/chat.ts'
import { InputError } from '../contracts/error.ts'
import { loadModule } from './load-module.ts'
import type { Settings } from './settings.ts'

/** Imports the chat that the configuration has under a name. @throws InputError */
export async function loadChat(name: string, { chats }: Pick<Settings, 'chats'>): Promise<Chat> {
  const names = Object.keys(chats)
  if (!names.includes(name)) {
    throw new InputError({
      field: 'chat',
      expected: names.length > 0 ? `one of ${names.join(', ')}` : 'one of the configuration',
      got: name,
      todo:
        'name one, or add it to ashlar.config.json: ' +
        `\`"chats": {${JSON.stringify(name)}: "./chat.ts"}\``,
    })
  }
  return loadModule<Chat>(chats[name]!, {
    kind: 'chat',
    maker: 'defineChat',
    todo: 'write `export default defineChat({ agent, ... })`',
  })
}
