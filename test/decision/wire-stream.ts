import type { ServerResponse } from 'node:http'
import type { Api } from './wire-server.ts'

/** Characters per piece. */
const pieceLength = 7

/** Sends a whole answer as the events of a stream; with `breaksAfter` only so many, then a reset. */
export function sendStream(
  response: ServerResponse,
  api: Api,
  whole: Record<string, unknown>,
  breaksAfter?: number,
): void {
  const events = api === 'chat' ? chunksOf(whole as unknown as Chat) : eventsOf(whole as never)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const sent = events.slice(0, breaksAfter).map((event) => {
    const { type } = event as { type?: string }
    const name = type === undefined ? '' : `event: ${type}\n`
    return `${name}data: ${JSON.stringify(event)}\n\n`
  })
  if (breaksAfter === undefined) {
    response.end(`${sent.join('')}${api === 'chat' ? 'data: [DONE]\n\n' : ''}`)
  } else response.write(sent.join(''), () => response.socket?.resetAndDestroy())
}

interface Call {
  id: string
  type: string
  function: { name: string; arguments: string }
}

interface Chat {
  choices: {
    finish_reason: string
    message: { content: string | null; refusal: string | null; tool_calls?: Call[] }
    logprobs: object | null
  }[]
  usage: object
}

function chunksOf({ choices, usage, ...head }: Chat): object[] {
  const base = { ...head, object: 'chat.completion.chunk' }
  const { message, finish_reason: reason, logprobs } = choices[0]!
  const chunk = (delta: object, finish: string | null = null, more: object = {}): object => ({
    ...base,
    choices: [{ index: 0, delta, finish_reason: finish, ...more }],
  })
  const call = message.tool_calls?.[0]
  return [
    chunk({ role: 'assistant', content: message.content === null ? null : '' }),
    ...pieces(message.content).map((content, index) =>
      chunk({ content }, null, index === 0 ? { logprobs } : {}),
    ),
    ...pieces(message.refusal).map((refusal) => chunk({ refusal })),
    ...(call ? callChunks(call).map((part) => chunk({ tool_calls: [{ index: 0, ...part }] })) : []),
    chunk({}, reason),
    { ...base, choices: [], usage },
  ]
}

function callChunks({ id, type, function: { name, arguments: given } }: Call): object[] {
  const first = { id, type, function: { name, arguments: '' } }
  return [first, ...pieces(given).map((part) => ({ function: { arguments: part } }))]
}

interface Item {
  id: string
  type: string
  content?: { type: string; text?: string; refusal?: string; logprobs?: object[] }[]
  arguments?: string
}

function eventsOf(whole: { status: string; output: Item[] }): object[] {
  const begun = { ...whole, status: 'in_progress', output: [], usage: null }
  const end = whole.status === 'completed' ? 'response.completed' : 'response.incomplete'
  const events = [
    { type: 'response.created', response: begun },
    ...whole.output.flatMap((item, index) => itemEvents(item, index)),
    { type: end, response: whole },
  ]
  return events.map((event, index) => ({ ...event, sequence_number: index }))
}

function itemEvents(item: Item, index: number): object[] {
  const at = { output_index: index, item_id: item.id }
  const empty = { ...item, content: [], ...(item.arguments === undefined ? {} : { arguments: '' }) }
  const [part] = item.content ?? []
  const inside = { ...at, content_index: 0 }
  const blank = part && { ...part, ...(part.text === undefined ? { refusal: '' } : { text: '' }) }
  return [
    { type: 'response.output_item.added', output_index: index, item: empty },
    ...(part
      ? [
          { type: 'response.content_part.added', ...inside, part: blank },
          ...pieces(part.text).map((delta) => ({
            type: 'response.output_text.delta',
            ...inside,
            delta,
            logprobs: [],
          })),
          ...pieces(part.refusal).map((delta) => ({
            type: 'response.refusal.delta',
            ...inside,
            delta,
          })),
          { type: 'response.content_part.done', ...inside, part },
        ]
      : []),
    ...pieces(item.arguments).map((delta) => ({
      type: 'response.function_call_arguments.delta',
      ...at,
      delta,
    })),
    { type: 'response.output_item.done', output_index: index, item },
  ]
}

function pieces(text: string | null | undefined): string[] {
  return (text ?? '').match(new RegExp(`[\\s\\S]{1,${pieceLength}}`, 'g')) ?? []
}
